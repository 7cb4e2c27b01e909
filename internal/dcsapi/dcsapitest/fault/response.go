// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package fault

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"terraform-provider-dcs/internal/dcsapi/dcsapitest"
)

// Effects on a response: what a service, its gateway or something between sends instead of, or in, the right one.
type (
	// Status answers Status (default 500) with Code and Message in Shape, in place of the service: any error that the
	// vendor documents, with RetryAfter as [Throttled] has it. The default shape is [dcsapitest.ShapeDCS]; that of a proxy
	// is [dcsapitest.ShapeHTML], [dcsapitest.ShapeText] or [dcsapitest.ShapeEmpty].
	Status struct {
		Status     int              `hcl:"status,optional" range:"200 599"`
		Code       string           `hcl:"code,optional"`
		Message    string           `hcl:"message,optional"`
		Shape      dcsapitest.Shape `hcl:"shape,optional" values:"dcs dcs-v1 legacy gateway keystone iam cce rds html text empty"`
		RetryAfter time.Duration    `hcl:"retry_after,optional"`
		Form       string           `hcl:"form,optional" values:"seconds date"`
	}
	// Throttled answers 429 APIGW.0308. RetryAfter is sent in the Form "seconds" (default) or "date", or not at all if it
	// is zero. Message replaces "policy user over ratelimit,limit:5,time:1 second", which names the window.
	Throttled struct {
		RetryAfter time.Duration `hcl:"retry_after,optional"`
		Form       string        `hcl:"form,optional" values:"seconds date"`
		Message    string        `hcl:"message,optional"`
	}
	// RateLimit lets N (default 5) requests through in each Duration (default 1s) and answers the others as [Throttled],
	// with the rest of the window as Retry-After: the gateway's limit for each user and API.
	RateLimit struct {
		N        uint          `hcl:"n,optional"`
		Duration time.Duration `hcl:"duration,optional"`
	}
	// KeyLocked refuses every signature as the service does after too many failures with that key elsewhere.
	KeyLocked struct{}
	// DenyProjectList answers GET /v3/projects with 403: an IAM user without iam:projects:listProjects. The list of the
	// caller's own projects needs no permission and keeps working.
	DenyProjectList struct{}
	// DenyBackupList answers the listing of backups with 403: an IAM user without dcs:instance:getDataBackupLog.
	DenyBackupList struct{}
	// DenyInstanceList answers the listing of instances with 403: an IAM user without dcs:instance:list.
	DenyInstanceList struct{}
	// EchoSecrets answers Status (default 400) with what the caller sent in the message: signature, tokens, body.
	// Gateways echo the canonical request when a signature is wrong.
	EchoSecrets struct {
		Status int `hcl:"status,optional" range:"200 599"`
	}
	// CaptivePortal answers 200 with an HTML page: a hotel's or a company's login page.
	CaptivePortal struct{}
	// Redirect answers Status (default 302) to Location (default http://198.51.100.1/): a portal, or a gateway that has
	// moved. The path and query of the request are added.
	Redirect struct {
		Status   int    `hcl:"status,optional" range:"200 599"`
		Location string `hcl:"location,optional"`
	}
	// EmptyBody sends no body with the right status: a response cut by a proxy that rewrites Content-Length.
	EmptyBody struct{}
	// GarbageJSON sends the first half of the body as if it were whole: the same cut, with something left.
	GarbageJSON struct{}
	// WrongContentType labels the right body as Value (default text/plain): a proxy that guesses.
	WrongContentType struct {
		Value string `hcl:"value,optional"`
	}
	// NoDate leaves the Date header out: a minimal proxy. A client cannot correct its clock from it.
	NoDate struct{}
	// NoRequestID leaves the X-Request-Id header out: a response that is not the service's.
	NoRequestID struct{}
	// ClockSkew moves the server's clock by Duration, which may be negative: seen from the server, the client's clock is
	// off.
	ClockSkew struct {
		Duration time.Duration `hcl:"duration,optional" signed:"true"`
	}
)

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (f Status) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	r := c.Error(cmp.Or(f.Status, http.StatusInternalServerError), f.Shape, cmp.Or(f.Code, "DCS.5000"),
		cmp.Or(f.Message, "Internal service error."))

	const roundUp = time.Second - 1

	switch {
	case f.RetryAfter == 0:
	case f.Form == "date":
		r.Header.Set("Retry-After", c.Now.Add(f.RetryAfter+roundUp).Truncate(time.Second).UTC().Format(http.TimeFormat))
	default:
		r.Header.Set("Retry-After", strconv.Itoa(int((f.RetryAfter+roundUp)/time.Second)))
	}

	return r
}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (f Throttled) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	message := cmp.Or(f.Message, "policy user over ratelimit,limit:5,time:1 second")

	return Status{
		Status: http.StatusTooManyRequests, Code: "APIGW.0308", Message: "The throttling threshold has been reached: " + message,
		Shape: dcsapitest.ShapeGateway, RetryAfter: f.RetryAfter, Form: f.Form,
	}.AnswerAtService(c)
}

// limiter is a rate limit with fixed windows.
type limiter struct {
	limit  uint
	length time.Duration

	mu      sync.Mutex
	began   time.Time // of the window
	allowed uint      // requests in the window
}

// Start implements [dcsapitest.StatefulEffect].
func (f RateLimit) Start() dcsapitest.Effect {
	return &limiter{limit: cmp.Or(f.N, 5), length: cmp.Or(f.Duration, time.Second)}
}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (l *limiter) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	now := time.Now()

	l.mu.Lock()
	defer l.mu.Unlock()

	if now.Sub(l.began) >= l.length {
		l.began, l.allowed = now, 0
	}

	if l.allowed < l.limit {
		l.allowed++
		return nil
	}

	return Throttled{
		RetryAfter: l.began.Add(l.length).Sub(now),
		Message:    fmt.Sprintf("policy user over ratelimit,limit:%d,time:%s", l.limit, windowText(l.length)),
	}.AnswerAtService(c)
}

// windowText names a window as the gateway does: "1 second", "5 minute".
func windowText(d time.Duration) string {
	if d >= time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("%d minute", d/time.Minute)
	}

	return fmt.Sprintf("%d second", max(1, d/time.Second))
}

// Arrive implements [dcsapitest.ArrivalEffect].
func (KeyLocked) Arrive(c *dcsapitest.Call) { c.LockKey() }

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (DenyProjectList) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	return deny(c, dcsapitest.ListProjects, Status{
		Message: "You are not authorized to perform the requested action: iam:projects:listProjects", Shape: dcsapitest.ShapeKeystone,
	})
}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (DenyBackupList) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	return deny(c, dcsapitest.ListBackupRecords, Status{
		Code: "DCS.2007", Message: "Policy does not allow dcs:instance:getDataBackupLog to be performed.",
	})
}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (DenyInstanceList) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	return deny(c, dcsapitest.ListInstances, Status{
		Code: "DCS.2007", Message: "Policy does not allow dcs:instance:list to be performed.",
	})
}

func deny(c *dcsapitest.Call, operation string, refusal Status) *dcsapitest.Response {
	if c.Operation() != operation {
		return nil
	}

	refusal.Status = http.StatusForbidden

	return refusal.AnswerAtService(c)
}

// AnswerAtGateway implements [dcsapitest.GatewayEffect].
func (f EchoSecrets) AnswerAtGateway(c *dcsapitest.Call) *dcsapitest.Response {
	h := c.Request.Header

	return c.GatewayError(cmp.Or(f.Status, http.StatusBadRequest), "APIGW.0602", fmt.Sprintf(
		"Illegal request: %s %s Authorization=%s X-Security-Token=%s X-Auth-Token=%s X-Idp-Id=%s body=%s",
		c.Request.Method, c.Request.URL.RequestURI(), h.Get("Authorization"), h.Get("X-Security-Token"),
		h.Get("X-Auth-Token"), h.Get("X-Idp-Id"), c.Body))
}

// AnswerAtGateway implements [dcsapitest.GatewayEffect].
func (CaptivePortal) AnswerAtGateway(*dcsapitest.Call) *dcsapitest.Response {
	r := dcsapitest.TextResponse(http.StatusOK, "text/html; charset=utf-8", `<!DOCTYPE html>
<html><head><title>Welcome to the guest network</title></head>
<body><form action="/login"><input name="room"><input type="submit" value="Connect"></form></body></html>
`)
	r.Header["X-Request-Id"] = nil

	return r
}

// AnswerAtGateway implements [dcsapitest.GatewayEffect].
func (f Redirect) AnswerAtGateway(c *dcsapitest.Call) *dcsapitest.Response {
	r := dcsapitest.TextResponse(cmp.Or(f.Status, http.StatusFound), "text/html", "<html><body>Moved.</body></html>\n")
	target := cmp.Or(f.Location, "http://198.51.100.1/")
	r.Header.Set("Location", strings.TrimSuffix(target, "/")+c.Request.URL.RequestURI())

	return r
}

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (EmptyBody) ChangeResponse(r *dcsapitest.Response) { r.Body = nil }

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (GarbageJSON) ChangeResponse(r *dcsapitest.Response) { r.Body = r.Body[:len(r.Body)/2] }

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (f WrongContentType) ChangeResponse(r *dcsapitest.Response) {
	r.Header.Set("Content-Type", cmp.Or(f.Value, "text/plain"))
}

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (NoDate) ChangeResponse(r *dcsapitest.Response) { r.Header["Date"] = nil }

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (NoRequestID) ChangeResponse(r *dcsapitest.Response) { r.Header["X-Request-Id"] = nil }

// Arrive implements [dcsapitest.ArrivalEffect].
func (f ClockSkew) Arrive(c *dcsapitest.Call) { c.Now = c.Now.Add(f.Duration) }
