// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"terraform-provider-dcs/internal/dcsapi"
)

// listing is a service with one listing of records, each as JSON. It records the queries.
type listing struct {
	records []json.RawMessage

	mu      sync.Mutex
	queries []url.Values
}

func newListing(tb testing.TB, records []map[string]any) *listing {
	tb.Helper()

	l := &listing{records: make([]json.RawMessage, len(records))}

	for i, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			tb.Fatal(err)
		}

		l.records[i] = text
	}

	return l
}

func (l *listing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()

	l.mu.Lock()
	l.queries = append(l.queries, query)
	records := l.records
	l.mu.Unlock()

	offset, _ := strconv.Atoi(query.Get("offset"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	first := min(offset, len(records))
	last := min(first+limit, len(records))

	w.Header().Set("Content-Type", "application/json")
	// A client may disconnect.
	_ = json.NewEncoder(w).Encode(map[string]any{"total_num": len(records), "backup_record_response": records[first:last]})
}

func (l *listing) requests() []url.Values {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.queries
}

// fullBackup returns a record whose fields all have values, different for each n.
func fullBackup(n int) dcsapi.Backup {
	created := time.Date(2024, 1, 1, 0, n, 0, 166e6, time.UTC)

	return dcsapi.Backup{
		ID: fmt.Sprintf("4631832a-14c6-45b0-a0b3-%012d", n), Name: fmt.Sprintf("backup_%d", n), Type: "auto", Format: "rdb",
		InstanceID: instanceID, Size: new(int64(880232 + n)), Period: "22:00-23:00",
		CreatedAt: created.Format(time.RFC3339Nano), UpdatedAt: created.Add(time.Minute).Format(time.RFC3339Nano),
		ExecutionAt: created.Add(time.Second).Format(time.RFC3339Nano), Progress: new(100.0), Status: "succeed",
		ErrorCode: "dcs.08.0001", Remark: "remark", IsSupportRestore: new(true),
	}
}

// sent returns a record as the service sends it, with all fields, different for each n.
func sent(n int) map[string]any {
	b := fullBackup(n)

	return map[string]any{
		"backup_id": b.ID, "backup_name": b.Name, "backup_type": b.Type, "backup_format": b.Format,
		"instance_id": b.InstanceID, "size": *b.Size, "period": b.Period, "created_at": b.CreatedAt,
		"updated_at": b.UpdatedAt, "execution_at": b.ExecutionAt, "progress": "100.00", "status": b.Status,
		"error_code": b.ErrorCode, "remark": b.Remark, "is_support_restore": "TRUE",
	}
}

// typical returns a record of an automatic backup as the service sends most: three of its fields are null.
func typical(n int) map[string]any {
	record := sent(n)
	record["period"], record["error_code"], record["remark"] = nil, nil, nil

	return record
}

func repeat(n int, record func(int) map[string]any) []map[string]any {
	records := make([]map[string]any, n)
	for i := range records {
		records[i] = record(i)
	}

	return records
}
