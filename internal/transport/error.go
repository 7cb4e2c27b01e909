// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"net/http"
	"time"
)

// Error is an answer that is not the one asked for.
type Error struct {
	Method string
	// URL is without its query.
	URL    string
	Status int
	// Code and Message are the service's own, empty where the body holds none; Message is then a summary of the body.
	Code    string
	Message string
	// RequestID names the request to the service's support.
	RequestID string
	// Attempts is how many were made.
	Attempts int
	// Header is that of the answer.
	Header http.Header
}

func (e *Error) Error() string { return e.Message }

// WaitError says that a wait was not begun because it would have outlasted the context's deadline.
type WaitError struct {
	Wait time.Duration
	// Err is why there would have been a wait, e.g. the [Error] of a 429.
	Err error
}

func (e *WaitError) Error() string { return e.Err.Error() }

// Unwrap returns why there would have been a wait.
func (e *WaitError) Unwrap() error { return e.Err }
