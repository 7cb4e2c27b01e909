// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package fault

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// Effects on the wire: connections that break, stall or never end.
type (
	// Latency waits Duration (default 100ms) before the request is looked at: distance, or load.
	Latency struct {
		Duration time.Duration `hcl:"duration,optional"`
	}
	// Silence accepts the request and never answers: a service that hangs, a firewall that drops.
	Silence struct{}
	// Stall sends the headers and half of the body, then nothing: a connection whose other end is gone.
	Stall struct{}
	// SlowDrip sends N (default 1) bytes of the body every Duration (default 1s): a service that streams what it does not
	// have yet, or a hostile one.
	SlowDrip struct {
		N        uint          `hcl:"n,optional" range:"0 1073741824"`
		Duration time.Duration `hcl:"duration,optional"`
	}
	// ResetBeforeHeaders resets the connection without a byte: a load balancer whose backend is gone.
	ResetBeforeHeaders struct{}
	// ResetInHeaders resets the connection in the middle of the headers.
	ResetInHeaders struct{}
	// ResetAfterHeaders resets the connection after the headers.
	ResetAfterHeaders struct{}
	// ResetInBody resets the connection in the middle of the body.
	ResetInBody struct{}
	// CutBody closes the connection in the middle of a body whose Content-Length is larger: a backend that died.
	CutBody struct{}
	// CutChunked closes the connection in the middle of a chunked body, without the last chunk.
	CutChunked struct{}
	// CutGzip sends the first half of a gzip stream as if it were whole.
	CutGzip struct{}
	// Gzip compresses the body, whether the client asked for it or not: proxies that compress.
	Gzip struct{}
	// GzipBomb sends a small body that is N bytes (default 1 GiB) of white space once decompressed, then the right one.
	GzipBomb struct {
		N uint `hcl:"n,optional" range:"0 2147483648"`
	}
	// EndlessBody sends a listing whose array never ends, until the client closes: a service that loops.
	EndlessBody struct{}
)

// Arrive implements [dcsapitest.ArrivalEffect].
func (f Latency) Arrive(c *dcsapitest.Call) { c.Wait(cmp.Or(f.Duration, 100*time.Millisecond)) }

// Send implements [dcsapitest.SendEffect].
func (Silence) Send(c *dcsapitest.Call, _ *dcsapitest.Response) { abortOnceClientIsGone(c) }

// Send implements [dcsapitest.SendEffect].
func (Stall) Send(c *dcsapitest.Call, r *dcsapitest.Response) {
	c.WriteHead(r, len(r.Body))
	c.Write(r.Body[:len(r.Body)/2])
	abortOnceClientIsGone(c)
}

// Send implements [dcsapitest.SendEffect].
func (f SlowDrip) Send(c *dcsapitest.Call, r *dcsapitest.Response) {
	c.WriteHead(r, len(r.Body))

	for part := range slices.Chunk(r.Body, int(cmp.Or(f.N, 1))) {
		c.Write(part)
		c.Wait(cmp.Or(f.Duration, time.Second))
	}
}

// Send implements [dcsapitest.SendEffect].
func (ResetBeforeHeaders) Send(c *dcsapitest.Call, _ *dcsapitest.Response) { reset(c, nil) }

// Send implements [dcsapitest.SendEffect].
func (ResetInHeaders) Send(c *dcsapitest.Call, r *dcsapitest.Response) {
	head := rawHead(r)
	reset(c, head[:len(head)/2])
}

// Send implements [dcsapitest.SendEffect].
func (ResetAfterHeaders) Send(c *dcsapitest.Call, r *dcsapitest.Response) {
	c.Sent(r.Status)
	reset(c, rawHead(r))
}

// Send implements [dcsapitest.SendEffect].
func (ResetInBody) Send(c *dcsapitest.Call, r *dcsapitest.Response) {
	c.Sent(r.Status)
	reset(c, append(rawHead(r), r.Body[:len(r.Body)/2]...))
}

// Send implements [dcsapitest.SendEffect].
func (CutBody) Send(c *dcsapitest.Call, r *dcsapitest.Response) { cut(c, r, len(r.Body)) }

// Send implements [dcsapitest.SendEffect].
func (CutChunked) Send(c *dcsapitest.Call, r *dcsapitest.Response) { cut(c, r, -1) }

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (CutGzip) ChangeResponse(r *dcsapitest.Response) {
	Gzip{}.ChangeResponse(r)
	r.Body = r.Body[:len(r.Body)/2]
}

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (Gzip) ChangeResponse(r *dcsapitest.Response) {
	if len(r.Body) > 0 {
		r.Body = compressed(r.Body)
		r.Header.Set("Content-Encoding", "gzip")
	}
}

// ChangeResponse implements [dcsapitest.ResponseEffect]. The bomb is one small compressed block of white space many times:
// gzip streams may be joined.
func (f GzipBomb) ChangeResponse(r *dcsapitest.Response) {
	const block = 1 << 20

	size := cmp.Or(f.N, 1<<30)
	bomb := bytes.Repeat(compressed(bytes.Repeat([]byte{' '}, block)), int((size+block-1)/block))
	r.Body = slices.Concat(bomb, compressed(r.Body))
	r.Header.Set("Content-Encoding", "gzip")
}

// Send implements [dcsapitest.SendEffect].
func (EndlessBody) Send(c *dcsapitest.Call, r *dcsapitest.Response) {
	r.Status = http.StatusOK
	r.Header.Set("Content-Type", "application/json")
	c.WriteHead(r, -1)
	c.Write([]byte(`{"total_num":1,"backup_record_response":[`))

	for n := int64(0); ; {
		var chunk []byte

		for range 1000 {
			n++

			chunk = append(chunk, `{"backup_type":"auto","status":"succeed","backup_id":"endless-`...)
			chunk = strconv.AppendInt(chunk, n, 10)
			chunk = append(chunk, `"},`...)
		}

		c.Write(chunk)
	}
}

func abortOnceClientIsGone(c *dcsapitest.Call) {
	<-c.Request.Context().Done()
	panic(http.ErrAbortHandler)
}

// cut closes the connection in the middle of a body of the length announced; a negative length is a chunked body.
func cut(c *dcsapitest.Call, r *dcsapitest.Response, length int) {
	c.WriteHead(r, length)
	c.Write(r.Body[:len(r.Body)/2])
	panic(http.ErrAbortHandler)
}

func compressed(data []byte) []byte {
	var out bytes.Buffer

	w := gzip.NewWriter(&out)
	_, _ = w.Write(data) // a bytes.Buffer does not fail
	_ = w.Close()

	return out.Bytes()
}

// rawHead is the head of the response as bytes.
func rawHead(r *dcsapitest.Response) []byte {
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", r.Status, http.StatusText(r.Status))
	r.Header.Set("Content-Length", strconv.Itoa(len(r.Body)))
	_ = r.Header.Write(&head) // a bytes.Buffer does not fail
	head.WriteString("\r\n")

	return head.Bytes()
}

// reset sends the bytes given, then resets the connection.
func reset(c *dcsapitest.Call, first []byte) {
	conn, _, err := http.NewResponseController(c.Writer).Hijack()
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
