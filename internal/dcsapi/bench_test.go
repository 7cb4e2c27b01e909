// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// plainRecord is a record as a client decodes it that takes the vendor's types for granted.
type plainRecord struct {
	ID               *string `json:"backup_id"`
	Name             *string `json:"backup_name"`
	Type             *string `json:"backup_type"`
	Format           *string `json:"backup_format"`
	InstanceID       *string `json:"instance_id"`
	Size             *int64  `json:"size"`
	Period           *string `json:"period"`
	CreatedAt        *string `json:"created_at"`
	UpdatedAt        *string `json:"updated_at"`
	ExecutionAt      *string `json:"execution_at"`
	Progress         *string `json:"progress"`
	Status           *string `json:"status"`
	ErrorCode        *string `json:"error_code"`
	Remark           *string `json:"remark"`
	IsSupportRestore *string `json:"is_support_restore"`
}

type plainPage struct {
	Total   *int64        `json:"total_num"`
	Records []plainRecord `json:"backup_record_response"`
}

// BenchmarkDecodePage decodes a page. For comparison encoding/json decodes it into a struct, which reads each field only
// as the type that the vendor documents.
func BenchmarkDecodePage(b *testing.B) {
	for _, records := range []int{10, 1000, 10000} {
		body := typicalBody(records)

		b.Run(fmt.Sprintf("plain/records=%d", records), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))

			for b.Loop() {
				var p plainPage
				if err := json.NewDecoder(bytes.NewReader(body)).Decode(&p); err != nil || len(p.Records) != records {
					b.Fatal(err, len(p.Records))
				}
			}
		})

		b.Run(fmt.Sprintf("page/records=%d", records), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))

			for b.Loop() {
				p, err := decodeBackups(bytes.NewReader(body))
				if err != nil || len(p.records) != records {
					b.Fatal(err, len(p.records))
				}
			}
		})
	}
}

// BenchmarkList reads a listing of a service that takes 50 ms to answer; ns/op divided by that is how many round trips it
// takes.
func BenchmarkList(b *testing.B) {
	const latency = 50 * time.Millisecond

	for _, records := range []int{10, 1000, 2500, 10000} {
		b.Run(fmt.Sprintf("records=%d", records), func(b *testing.B) {
			slots := ids(records)

			b.ReportAllocs()

			for b.Loop() {
				s := &service{slots: slots, latency: func(asked) time.Duration { return latency }}

				got, err := listBackups(b.Context(), Query{}, s.fetch)
				if err != nil || len(got.Backups) != records {
					b.Fatal(err, len(got.Backups))
				}
			}

			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(latency), "trips/op")
		})
	}
}

// typicalBody is a page as the service sends it.
func typicalBody(records int) []byte {
	var body strings.Builder

	fmt.Fprintf(&body, `{"total_num":%d,"backup_record_response":[`, records)

	for i := range records {
		if i > 0 {
			body.WriteByte(',')
		}

		fmt.Fprintf(&body, `{"period":null,"backup_type":"manual","created_at":"2019-05-10T08:31:16.166Z","remark":"%03d",`+
			`"is_support_restore":"TRUE","backup_id":"4631832a-14c6-45b0-a0b3-%012d","backup_name":"backup_20190510163116",`+
			`"instance_id":"5560df16-cebf-4473-95c4-d1b573c16e79","size":880232,"updated_at":"2019-05-10T08:32:30.546Z",`+
			`"progress":"100.00","error_code":null,"status":"succeed","execution_at":"2019-05-11T08:31:16.166Z",`+
			`"backup_format":"aof"}`, i, i)
	}

	body.WriteString("]}")

	return []byte(body.String())
}
