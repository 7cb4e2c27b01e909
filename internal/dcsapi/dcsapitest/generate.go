// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Generator makes backups that look like a service's own: the same for the same values, each different from the
// others in every field that can differ. The zero value is ready to use.
type Generator struct {
	Seed     uint64        `hcl:"seed,optional"`
	Newest   time.Time     `hcl:"newest,optional"`                                                             // when the newest was created; zero: 2025-01-15 08:31:16.166 UTC
	Interval time.Duration `hcl:"interval,optional"`                                                           // from one to the next older one; zero: 6 hours, less some minutes
	Types    []string      `hcl:"types,optional" values:"manual auto"`                                         // one is drawn for each; none: manual and auto
	Formats  []string      `hcl:"formats,optional" values:"rdb aof"`                                           // one is drawn for each manual one; none: rdb and aof
	Statuses []string      `hcl:"statuses,optional" values:"waiting backuping succeed failed expired deleted"` // one is drawn for each; none: mostly succeed
	// HugeSizes makes every size larger than 2^53 bytes, which a float64 cannot hold.
	HugeSizes bool `hcl:"huge_sizes,optional"`
}

// GenerateBackups makes n backups, newest first; see [Generator].
func GenerateBackups(n int, seed uint64) []Backup {
	return Generator{Seed: seed}.Backups(n)
}

// cst is where the service lives: names of backups have its local time.
var cst = time.FixedZone("CST", 8*60*60)

// Backups makes n backups, newest first. The first ones are the same whatever n is.
func (g Generator) Backups(n int) []Backup {
	random := rand.New(rand.NewPCG(g.Seed, 0)) //nolint:gosec // the same backups in every run

	created := g.Newest
	if created.IsZero() {
		created = time.Date(2025, 1, 15, 8, 31, 16, 166e6, time.UTC)
	}

	backups := make([]Backup, n)
	for i := range backups {
		backups[i] = g.backup(random, i, created)

		step := g.Interval
		if step == 0 {
			step = 6*time.Hour - time.Duration(random.IntN(3600))*time.Second - time.Duration(random.IntN(1000))*time.Millisecond
		}

		created = created.Add(-step)
	}

	return backups
}

// statuses are drawn from in this proportion.
var statuses = []string{
	"succeed", "succeed", "succeed", "succeed", "succeed", "succeed", "failed", "expired", "deleted", "backuping",
	"waiting",
}

func (g Generator) backup(random *rand.Rand, i int, created time.Time) Backup {
	created = created.UTC().Truncate(time.Millisecond)

	b := Backup{
		ID:        uuid(fmt.Sprintf("seed %d backup %d", g.Seed, i)),
		Name:      "backup_" + created.In(cst).Format(queryTime),
		Type:      draw(random, g.Types, "manual", "auto"),
		Format:    draw(random, g.Formats, "rdb", "aof"),
		Size:      100_000 + random.Int64N(1<<33),
		CreatedAt: created,
		Status:    draw(random, g.Statuses, statuses...),
	}
	if b.Type == "auto" {
		b.Format = "rdb" // automatic backups have no other format
		if len(g.Formats) > 0 {
			b.Format = g.Formats[0]
		}

		hour := created.In(cst).Hour()
		b.Period = fmt.Sprintf("%02d:00-%02d:00", hour, (hour+1)%24)
	} else {
		b.Remark = fmt.Sprintf("%03d", i+1)
	}

	if g.HugeSizes {
		b.Size = 1<<53 + 1 + 2*random.Int64N(1<<61)
	}

	b.run(random)

	return b
}

// run fills in what depends on how the backup went.
func (b *Backup) run(random *rand.Rand) {
	started := b.CreatedAt.Add(time.Duration(1000+random.IntN(9000)) * time.Millisecond)
	ended := started.Add(time.Duration(20_000+random.IntN(600_000)) * time.Millisecond)

	switch b.Status {
	case "waiting":
		b.Progress, b.Size, b.UpdatedAt = "0.00", 0, b.CreatedAt
	case "backuping":
		b.Progress = fmt.Sprintf("%.2f", 1+98*random.Float64())
		b.Size, b.ExecutedAt, b.UpdatedAt = 0, started, started
	case "failed":
		b.Progress = fmt.Sprintf("%.2f", 1+98*random.Float64())
		b.Size, b.ExecutedAt, b.UpdatedAt = 0, started, ended
		b.ErrorCode = fmt.Sprintf("dcs.08.%04d", 1+random.IntN(8))
	default:
		b.Progress, b.ExecutedAt, b.UpdatedAt = "100.00", started, ended
		b.Restorable = b.Status == "succeed"
	}
}

// draw picks one of the values given or, if there are none, of the usual ones.
func draw(random *rand.Rand, given []string, usual ...string) string {
	values := given
	if len(values) == 0 {
		values = usual
	}

	return values[random.IntN(len(values))]
}
