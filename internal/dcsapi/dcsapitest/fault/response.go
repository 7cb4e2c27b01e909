// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package fault

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
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
		Status     int              `hcl:"status,optional"`
		Code       string           `hcl:"code,optional"`
		Message    string           `hcl:"message,optional"`
		Shape      dcsapitest.Shape `hcl:"shape,optional"`
		RetryAfter time.Duration    `hcl:"retry_after,optional"`
		Form       string           `hcl:"form,optional"`
	}
	// Throttled answers 429 APIGW.0308. RetryAfter is sent in the Form "seconds" (default) or "date", or not at all if it
	// is zero. Message replaces "policy user over ratelimit,limit:5,time:1 second", which names the window.
	Throttled struct {
		RetryAfter time.Duration `hcl:"retry_after,optional"`
		Form       string        `hcl:"form,optional"`
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
		Status int `hcl:"status,optional"`
	}
	// CaptivePortal answers 200 with an HTML page: a hotel's or a company's login page.
	CaptivePortal struct{}
	// Redirect answers Status (default 302) to Location (default http://198.51.100.1/): a portal, or a gateway that has
	// moved. The path and query of the request are added.
	Redirect struct {
		Status   int    `hcl:"status,optional"`
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
		Duration time.Duration `hcl:"duration,optional"`
	}
)

func responseEffects() []dcsapitest.Effect {
	return []dcsapitest.Effect{
		Status{},
		Throttled{},
		RateLimit{},
		KeyLocked{},
		DenyProjectList{},
		DenyBackupList{},
		DenyInstanceList{},
		EchoSecrets{},
		CaptivePortal{},
		Redirect{},
		EmptyBody{},
		GarbageJSON{},
		WrongContentType{},
		NoDate{},
		NoRequestID{},
		ClockSkew{},
	}
}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (f Status) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	r := c.Error(cmp.Or(f.Status, http.StatusInternalServerError), f.Shape, cmp.Or(f.Code, "DCS.5000"),
		cmp.Or(f.Message, "Internal service error."))
	setRetryAfter(c, &r, f.RetryAfter, f.Form)

	return &r
}

// Validate returns an error where a parameter is out of range.
func (f Status) Validate() error {
	if f.Shape != "" && !slices.Contains(dcsapitest.Shapes(), f.Shape) {
		return fmt.Errorf("shape must be one of %v", dcsapitest.Shapes())
	}

	return cmp.Or(checkStatus(f.Status), checkRetryAfter(f.RetryAfter, f.Form))
}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (f Throttled) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	r := c.GatewayError(http.StatusTooManyRequests, "APIGW.0308", "The throttling threshold has been reached: "+
		cmp.Or(f.Message, "policy user over ratelimit,limit:5,time:1 second"))
	setRetryAfter(c, r, f.RetryAfter, f.Form)

	return r
}

// Validate returns an error where a parameter is out of range.
func (f Throttled) Validate() error { return checkRetryAfter(f.RetryAfter, f.Form) }

func checkStatus(status int) error {
	if status != 0 && (status < 200 || status > 599) {
		return errors.New("status must be 200 to 599")
	}

	return nil
}

func checkRetryAfter(wait time.Duration, form string) error {
	if form != "" && form != "seconds" && form != "date" {
		return errors.New(`form must be "seconds" or "date"`)
	}

	return notNegative("retry_after", wait)
}

func notNegative(parameter string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%s must not be negative", parameter)
	}

	return nil
}

// setRetryAfter adds the header in one of its two forms, in whole seconds, rounded up.
func setRetryAfter(c *dcsapitest.Call, r *dcsapitest.Response, wait time.Duration, form string) {
	switch {
	case wait == 0:
	case form == "date":
		at := c.Now.Add(wait + time.Second - 1).Truncate(time.Second)
		r.Set("Retry-After", at.UTC().Format(http.TimeFormat))
	default:
		r.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
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

// Validate returns an error where Duration is negative.
func (f RateLimit) Validate() error { return notNegative("duration", f.Duration) }

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
	if c.Operation() != dcsapitest.ListProjects {
		return nil
	}

	return c.KeystoneError(http.StatusForbidden,
		"You are not authorized to perform the requested action: iam:projects:listProjects")
}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (DenyBackupList) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	return deny(c, dcsapitest.ListBackupRecords, "dcs:instance:getDataBackupLog")
}

// AnswerAtService implements [dcsapitest.ServiceEffect].
func (DenyInstanceList) AnswerAtService(c *dcsapitest.Call) *dcsapitest.Response {
	return deny(c, dcsapitest.ListInstances, "dcs:instance:list")
}

func deny(c *dcsapitest.Call, operation, action string) *dcsapitest.Response {
	if c.Operation() != operation {
		return nil
	}

	return c.DCSError(http.StatusForbidden, "DCS.2007", "Policy does not allow "+action+" to be performed.")
}

// AnswerAtGateway implements [dcsapitest.GatewayEffect].
func (f EchoSecrets) AnswerAtGateway(c *dcsapitest.Call) *dcsapitest.Response {
	h := c.Request.Header

	return c.GatewayError(cmp.Or(f.Status, http.StatusBadRequest), "APIGW.0602", fmt.Sprintf(
		"Illegal request: %s %s Authorization=%s X-Security-Token=%s X-Auth-Token=%s X-Idp-Id=%s body=%s",
		c.Request.Method, c.Request.URL.RequestURI(), h.Get("Authorization"), h.Get("X-Security-Token"),
		h.Get("X-Auth-Token"), h.Get("X-Idp-Id"), c.Body))
}

// Validate returns an error where Status is out of range.
func (f EchoSecrets) Validate() error { return checkStatus(f.Status) }

// AnswerAtGateway implements [dcsapitest.GatewayEffect].
func (CaptivePortal) AnswerAtGateway(*dcsapitest.Call) *dcsapitest.Response {
	r := dcsapitest.TextResponse(http.StatusOK, "text/html; charset=utf-8", `<!DOCTYPE html>
<html><head><title>Welcome to the guest network</title></head>
<body><form action="/login"><input name="room"><input type="submit" value="Connect"></form></body></html>
`)
	r.Without("X-Request-Id")

	return &r
}

// AnswerAtGateway implements [dcsapitest.GatewayEffect].
func (f Redirect) AnswerAtGateway(c *dcsapitest.Call) *dcsapitest.Response {
	r := dcsapitest.TextResponse(cmp.Or(f.Status, http.StatusFound), "text/html", "<html><body>Moved.</body></html>\n")
	target := cmp.Or(f.Location, "http://198.51.100.1/")
	r.Set("Location", strings.TrimSuffix(target, "/")+c.Request.URL.RequestURI())

	return &r
}

// Validate returns an error where Status is out of range.
func (f Redirect) Validate() error { return checkStatus(f.Status) }

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (EmptyBody) ChangeResponse(r *dcsapitest.Response) { r.Body = nil }

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (GarbageJSON) ChangeResponse(r *dcsapitest.Response) { r.Body = r.Body[:len(r.Body)/2] }

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (f WrongContentType) ChangeResponse(r *dcsapitest.Response) {
	r.Set("Content-Type", cmp.Or(f.Value, "text/plain"))
}

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (NoDate) ChangeResponse(r *dcsapitest.Response) { r.Without("Date") }

// ChangeResponse implements [dcsapitest.ResponseEffect].
func (NoRequestID) ChangeResponse(r *dcsapitest.Response) { r.Without("X-Request-Id") }

// Arrive implements [dcsapitest.ArrivalEffect].
func (f ClockSkew) Arrive(c *dcsapitest.Call) { c.Now = c.Now.Add(f.Duration) }
