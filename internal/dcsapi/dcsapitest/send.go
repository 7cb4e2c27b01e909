// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// send sends the response, by the first effect that does or else whole.
func (c *Call) send(r *Response) {
	c.addHeaders(r)

	for effect := range effects[SendEffect](c) {
		effect.Send(c, r)
		return
	}

	c.Sent(r.Status)
	c.finish()
	c.WriteHead(r, len(r.Body))
	c.Write(r.Body)
}

// addHeaders adds what every response has, unless an effect has removed it.
func (c *Call) addHeaders(r *Response) {
	for name, value := range map[string]string{
		"Date":         c.Now.UTC().Format(http.TimeFormat),
		"X-Request-Id": c.RequestID,
		"Server":       "api-gateway",
	} {
		if _, decided := r.Header[name]; !decided {
			r.Header.Set(name, value)
		}
	}

	if id := r.Header.Get("X-Request-Id"); id != "" && strings.HasPrefix(c.Path, "/v3") {
		r.Header.Set("X-IAM-Trace-Id", id)
	}
}

// Sent records the status of a response that is sent without [Call.WriteHead].
func (c *Call) Sent(status int) {
	c.Server.mu.Lock()
	defer c.Server.mu.Unlock()

	c.record.Status = status
}

// WriteHead sends status and headers; with a negative length the body is chunked.
func (c *Call) WriteHead(r *Response, length int) {
	maps.Copy(c.Writer.Header(), r.Header)

	bodyless := r.Status == http.StatusNoContent || r.Status == http.StatusNotModified
	if length >= 0 && !bodyless {
		c.Writer.Header().Set("Content-Length", strconv.Itoa(length))
	}

	c.Sent(r.Status)
	c.Writer.WriteHeader(r.Status)
}

// Write sends part of a body and flushes it. It aborts the call if the client is gone.
func (c *Call) Write(part []byte) {
	if _, err := c.Writer.Write(part); len(part) > 0 && err != nil {
		panic(http.ErrAbortHandler)
	}

	if err := http.NewResponseController(c.Writer).Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// Wait waits, and aborts the call if the client is gone before.
func (c *Call) Wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()

	select {
	case <-timer.C:
	case <-c.Request.Context().Done():
		panic(http.ErrAbortHandler)
	}
}
