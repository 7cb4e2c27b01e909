// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"sync"

	"terraform-provider-dcs/internal/auth"
)

// refusals records which read of the run reported each refusal of credentials, so that the other reads can refer to it.
// The zero value is ready to use.
type refusals struct {
	mu       sync.Mutex
	reporter map[refusal]string
}

// refusal identifies a refusal. Two responses of the service with the same status and code are one.
type refusal struct {
	from   string
	status int
	code   string
}

// report returns the subject of the read that reported err in full, or records that the read of subject does, and returns
// false.
func (r *refusals) report(err *auth.RefusedError, subject string) (reporter string, reported bool) {
	key := refusal{from: err.From, status: err.Err.Status, code: err.Err.Code}

	r.mu.Lock()
	defer r.mu.Unlock()

	if reporter, ok := r.reporter[key]; ok {
		return reporter, true
	}

	if r.reporter == nil {
		r.reporter = make(map[refusal]string)
	}

	r.reporter[key] = subject

	return subject, false
}
