// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Faults of the wire: connections that break, stall or never end.
const (
	// Latency waits Duration (default 100ms) before the request is looked at: distance, or load.
	Latency FaultName = "latency"
	// Silence accepts the request and never answers: a service that hangs, a firewall that drops.
	Silence FaultName = "silence"
	// Stall sends the headers and half of the body, then nothing: a connection whose other end has gone.
	Stall FaultName = "stall"
	// SlowDrip sends N (default 1) bytes of the body every Duration (default 1s): a service that streams what it has not
	// got, or a hostile one.
	SlowDrip FaultName = "slow-drip"
	// ResetBeforeHeaders resets the connection without a byte: a load balancer whose backend has gone.
	ResetBeforeHeaders FaultName = "reset-before-headers"
	// ResetInHeaders resets the connection in the middle of the headers.
	ResetInHeaders FaultName = "reset-in-headers"
	// ResetAfterHeaders resets the connection after the headers.
	ResetAfterHeaders FaultName = "reset-after-headers"
	// ResetInBody resets the connection in the middle of the body.
	ResetInBody FaultName = "reset-in-body"
	// CutBody closes the connection in the middle of a body whose Content-Length is larger: a backend that died.
	CutBody FaultName = "cut-body"
	// CutChunked closes the connection in the middle of a chunked body, without the last chunk.
	CutChunked FaultName = "cut-chunked"
	// CutGzip sends the first half of a gzip stream as if it were whole.
	CutGzip FaultName = "cut-gzip"
	// Gzip compresses the body, whether the client asked for it or not: proxies that compress.
	Gzip FaultName = "gzip"
	// GzipBomb sends a small body that is N bytes (default 1 GiB) of white space once decompressed, then the right one.
	GzipBomb FaultName = "gzip-bomb"
	// EndlessBody sends a listing whose array never ends, until the client closes: a service that loops.
	EndlessBody FaultName = "endless-body"
)

func wireKinds() map[FaultName]faultKind {
	return map[FaultName]faultKind{
		Latency: {
			reads: []parameter{paramDuration},
			enter: func(c *call, i *Injection) { c.wait(cmp.Or(i.fault.Duration, 100*time.Millisecond)) },
		},
		Silence: {send: func(c *call, _ *Injection, _ answer) {
			c.waitForClient()
			panic(http.ErrAbortHandler)
		}},
		Stall:              {send: stall},
		SlowDrip:           {reads: []parameter{paramN, paramDuration}, send: slowDrip},
		ResetBeforeHeaders: {send: func(c *call, _ *Injection, _ answer) { c.reset(nil) }},
		ResetInHeaders: {send: func(c *call, _ *Injection, a answer) {
			head := c.rawHead(a)
			c.reset(head[:len(head)/2])
		}},
		ResetAfterHeaders: {send: func(c *call, _ *Injection, a answer) {
			c.sent(a.status)
			c.reset(c.rawHead(a))
		}},
		ResetInBody: {send: func(c *call, _ *Injection, a answer) {
			c.sent(a.status)
			c.reset(append(c.rawHead(a), a.body[:len(a.body)/2]...))
		}},
		CutBody: {send: func(c *call, _ *Injection, a answer) {
			c.head(a, len(a.body))
			c.write(a.body[:len(a.body)/2])
			panic(http.ErrAbortHandler)
		}},
		CutChunked: {send: func(c *call, _ *Injection, a answer) {
			c.head(a, -1)
			c.write(a.body[:len(a.body)/2])
			panic(http.ErrAbortHandler)
		}},
		CutGzip: {alter: func(_ *call, _ *Injection, a answer) answer {
			a = a.compressed()
			a.body = a.body[:len(a.body)/2]

			return a
		}},
		Gzip:        {alter: func(_ *call, _ *Injection, a answer) answer { return a.compressed() }},
		GzipBomb:    {reads: []parameter{paramN}, largestN: 1 << 36, alter: gzipBomb},
		EndlessBody: {send: endlessBody},
	}
}

// send sends the answer, by the first fault that takes it over or else whole.
func (c *call) send(a answer) {
	c.addHeaders(&a)

	for _, injection := range c.faults {
		if send := injection.kind.send; send != nil {
			send(c, injection, a)
			return
		}
	}

	c.sent(a.status)
	c.finish()
	c.head(a, len(a.body))
	c.write(a.body)
}

// addHeaders adds what every answer has, unless a fault has taken it away.
func (c *call) addHeaders(a *answer) {
	for name, value := range map[string]string{
		"Date":         c.now.UTC().Format(http.TimeFormat),
		"X-Request-Id": c.requestID,
		"Server":       "api-gateway",
	} {
		if _, decided := a.header[name]; !decided {
			a.set(name, value)
		}
	}
}

// sent takes down that a status was sent.
func (c *call) sent(status int) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()

	c.record.Status = status
}

// head sends status and headers; a negative length makes the body a chunked one.
func (c *call) head(a answer, length int) {
	maps.Copy(c.w.Header(), a.header)

	bodyless := a.status == http.StatusNoContent || a.status == http.StatusNotModified
	if length >= 0 && !bodyless {
		c.w.Header().Set("Content-Length", strconv.Itoa(length))
	}

	c.sent(a.status)
	c.w.WriteHeader(a.status)
}

// write sends part of a body now, and gives up the call if the client has gone.
func (c *call) write(part []byte) {
	if len(part) == 0 {
		return
	}

	if _, err := c.w.Write(part); err != nil {
		panic(http.ErrAbortHandler)
	}

	if err := http.NewResponseController(c.w).Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// wait waits, but not for a client that has gone.
func (c *call) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()

	select {
	case <-timer.C:
	case <-c.r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

func (c *call) waitForClient() {
	<-c.r.Context().Done()
}

func stall(c *call, _ *Injection, a answer) {
	c.head(a, len(a.body))
	c.write(a.body[:len(a.body)/2])

	if len(a.body) < 2 {
		_ = http.NewResponseController(c.w).Flush()
	}

	c.waitForClient()
	panic(http.ErrAbortHandler)
}

func slowDrip(c *call, i *Injection, a answer) {
	c.head(a, len(a.body))

	step := int(cmp.Or(i.fault.N, 1))
	for rest := a.body; len(rest) > 0; {
		n := min(step, len(rest))
		c.write(rest[:n])
		rest = rest[n:]

		c.wait(cmp.Or(i.fault.Duration, time.Second))
	}
}

func endlessBody(c *call, _ *Injection, a answer) {
	a.status = http.StatusOK
	a.set("Content-Type", "application/json")
	c.head(a, -1)
	c.write([]byte(`{"total_num":1,"backup_record_response":[`))

	for n := int64(0); ; {
		var chunk []byte

		for range 1000 {
			n++

			chunk = append(chunk, `{"backup_type":"auto","status":"succeed","backup_id":"endless-`...)
			chunk = strconv.AppendInt(chunk, n, 10)
			chunk = append(chunk, `"},`...)
		}

		c.write(chunk)
	}
}

// compressed is the answer with its body as gzip.
func (a answer) compressed() answer {
	if len(a.body) == 0 {
		return a
	}

	a.body = gzipped(a.body)
	a.set("Content-Encoding", "gzip")

	return a
}

func gzipped(data []byte) []byte {
	var out bytes.Buffer

	w := gzip.NewWriter(&out)
	_, _ = w.Write(data) // a bytes.Buffer does not fail
	_ = w.Close()

	return out.Bytes()
}

// gzipBomb puts one small compressed block of white space many times before the body: gzip streams may be joined.
func gzipBomb(_ *call, i *Injection, a answer) answer {
	const block = 1 << 20

	size := cmp.Or(i.fault.N, 1<<30)
	bomb := bytes.Repeat(gzipped(bytes.Repeat([]byte{' '}, block)), int((size+block-1)/block))
	a.body = slices.Concat(bomb, gzipped(a.body))
	a.set("Content-Encoding", "gzip")

	return a
}

// rawHead is the head of the answer as bytes.
func (c *call) rawHead(a answer) []byte {
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	a.set("Content-Length", strconv.Itoa(len(a.body)))
	_ = a.header.Write(&head) // a bytes.Buffer does not fail
	head.WriteString("\r\n")

	return head.Bytes()
}

// reset sends the bytes given, then resets the connection. Over HTTP/2, where there is no connection to take, it ends
// the stream with an error.
func (c *call) reset(first []byte) {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = conn.Close() }()

	_, _ = conn.Write(first)
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = wrapped.NetConn()
	}

	if lingering, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		_ = lingering.SetLinger(0)
	}
}
