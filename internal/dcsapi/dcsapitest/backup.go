// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// recordTime is how the service writes times: RFC 3339 in UTC, with milliseconds.
const recordTime = "2006-01-02T15:04:05.000Z"

// Backup is one backup record. Fields without a value are sent as [WithEmptyAs] says.
type Backup struct {
	ID         string    `hcl:"backup_id,optional"` // empty: one is made up when the backup is added
	Name       string    `hcl:"backup_name,optional"`
	Type       string    `hcl:"backup_type,optional" values:"manual auto"` // manual, auto
	Format     string    `hcl:"backup_format,optional" values:"rdb aof"`   // rdb, aof
	InstanceID string    `hcl:"instance_id,optional"`                      // empty: that of the instance it is added to
	Size       int64     `hcl:"size,optional"`                             // bytes
	Period     string    `hcl:"period,optional"`                           // planned window of an automatic backup: "22:00-23:00"
	CreatedAt  time.Time `hcl:"created_at,optional"`
	UpdatedAt  time.Time `hcl:"updated_at,optional"`
	ExecutedAt time.Time `hcl:"execution_at,optional"`
	Progress   string    `hcl:"progress,optional"`                                                         // percent: "100.00"
	Status     string    `hcl:"status,optional" values:"waiting backuping succeed failed expired deleted"` // waiting, backuping, succeed, failed, expired, deleted
	ErrorCode  string    `hcl:"error_code,optional"`
	Remark     string    `hcl:"remark,optional"`
	Restorable bool      `hcl:"is_support_restore,optional"` // sent as "TRUE" or "FALSE"

	// Raw replaces what is sent for a field, by its name in the API, with any value that encoding/json can encode
	// ([json.RawMessage] too), and adds fields that the API does not have. [Absent] leaves a field out.
	Raw map[string]any `hcl:"raw,optional"`
}

// Absent as a value of [Backup.Raw] leaves the field out.
var Absent any = absent{}

type absent struct{}

// EmptyStyle is how a field without a value is sent.
type EmptyStyle string

// The ways in which services, gateways and the vendor's page render a missing value.
const (
	EmptyNull   EmptyStyle = "null"   // null, as the service does
	EmptyObject EmptyStyle = "object" // {}, as the sample of the vendor's page has it
	EmptyAbsent EmptyStyle = "absent" // no field
	EmptyString EmptyStyle = "string" // ""
)

// SampleBackup is the record that the vendor's page prints; with [EmptyObject] it is sent as printed.
func SampleBackup() Backup {
	return Backup{
		ID:         "4631832a-14c6-45b0-a0b3-3abd8f591ad1",
		Name:       "backup_20190510163116",
		Type:       "manual",
		Format:     "aof",
		InstanceID: "5560df16-cebf-4473-95c4-d1b573c16e79",
		Size:       880232,
		CreatedAt:  time.Date(2019, 5, 10, 8, 31, 16, 166e6, time.UTC),
		UpdatedAt:  time.Date(2019, 5, 10, 8, 32, 30, 546e6, time.UTC),
		ExecutedAt: time.Date(2019, 5, 11, 8, 31, 16, 166e6, time.UTC),
		Progress:   "100.00",
		Status:     "succeed",
		Remark:     "001",
		Restorable: true,
	}
}

// field is one name and value of a record; an empty value is sent as the style says.
type field struct {
	name  string
	value string // JSON
}

// fields returns the record in the order of the vendor's page.
func (b Backup) fields() []field {
	return []field{
		{"period", jsonString(b.Period)},
		{"backup_type", jsonString(b.Type)},
		{"created_at", jsonTime(b.CreatedAt)},
		{"remark", jsonString(b.Remark)},
		{"is_support_restore", map[bool]string{true: `"TRUE"`, false: `"FALSE"`}[b.Restorable]},
		{"backup_id", jsonString(b.ID)},
		{"backup_name", jsonString(b.Name)},
		{"instance_id", jsonString(b.InstanceID)},
		{"size", strconv.FormatInt(b.Size, 10)},
		{"updated_at", jsonTime(b.UpdatedAt)},
		{"progress", jsonString(b.Progress)},
		{"error_code", jsonString(b.ErrorCode)},
		{"status", jsonString(b.Status)},
		{"execution_at", jsonTime(b.ExecutedAt)},
		{"backup_format", jsonString(b.Format)},
	}
}

// jsonString is a string in JSON, "" for an empty one.
func jsonString(s string) string {
	if s == "" {
		return ""
	}

	return quoted(s)
}

// quoted is a string in JSON.
func quoted(s string) string {
	encoded, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("dcsapitest: encoding %q: %v", s, err))
	}

	return string(encoded)
}

func jsonTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}

	return strconv.Quote(t.UTC().Format(recordTime))
}

// encode renders a record of an API. It panics if a value of raw is no JSON.
func (s *Server) encode(name string, fields []field, raw map[string]any) []byte {
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == key })

		if raw[key] == Absent {
			if i >= 0 {
				fields = slices.Delete(fields, i, i+1)
			}

			continue
		}

		encoded, err := json.Marshal(raw[key])
		if err != nil {
			panic(fmt.Sprintf("dcsapitest: %s: raw %s: %v", name, key, err))
		}

		if i < 0 {
			i, fields = len(fields), append(fields, field{name: key})
		}

		fields[i].value = string(encoded)
	}

	var members []string

	empty := map[EmptyStyle]string{EmptyNull: "null", EmptyObject: "{}", EmptyString: `""`}[s.emptyAs]

	for _, f := range fields {
		if value := cmp.Or(f.value, empty); value != "" {
			members = append(members, quoted(f.name)+":"+value)
		}
	}

	return []byte("{" + strings.Join(members, ",") + "}")
}
