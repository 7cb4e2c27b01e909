// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Faults of the answer: what a service, its gateway or something between says instead of, or in, the right answer.
const (
	// StatusError answers Status (default 500) with Code and Message in Shape, in place of the service: any error that
	// the vendor documents, with RetryAfter as [Throttled] has it. Without a shape it is [ShapeDCS]; a proxy's is
	// [ShapeHTML], [ShapeText] or [ShapeEmpty].
	StatusError FaultName = "status"
	// Throttled answers 429 APIGW.0308. RetryAfter is sent in the Form "seconds" (default) or "date", or not at all if
	// it is zero. Message replaces "policy user over ratelimit,limit:5,time:1 second", which names the window.
	Throttled FaultName = "throttled"
	// RateLimit lets N (default 5) requests through in each Duration (default 1s) and answers the others as Throttled,
	// with the rest of the window as Retry-After: the gateway's limit for each user and API.
	RateLimit FaultName = "rate-limit"
	// KeyLocked refuses every signature as the service does after too many failures with that key elsewhere.
	KeyLocked FaultName = "key-locked"
	// DenyProjectList answers GET /v3/projects with 403: an IAM user without iam:projects:listProjects. The list of the
	// caller's own projects needs no permission and goes on working.
	DenyProjectList FaultName = "deny-project-list"
	// DenyBackupList answers the listing of backups with 403: an IAM user without dcs:instance:getDataBackupLog.
	DenyBackupList FaultName = "deny-backup-list"
	// DenyInstanceList answers the listing of instances with 403: an IAM user without dcs:instance:list.
	DenyInstanceList FaultName = "deny-instance-list"
	// EchoSecrets answers Status (default 400) with what the caller sent in the message: signature, tokens, body.
	// Gateways echo the canonical request when a signature is wrong.
	EchoSecrets FaultName = "echo-secrets"
	// CaptivePortal answers 200 with an HTML page: a hotel's or a company's log-in page.
	CaptivePortal FaultName = "captive-portal"
	// Redirect answers Status (default 302) to Location (default http://198.51.100.1/): a portal, or a gateway that has
	// moved. The path and query of the request are added.
	Redirect FaultName = "redirect"
	// EmptyBody sends no body with the right status: an answer cut by a proxy that sets Content-Length anew.
	EmptyBody FaultName = "empty-body"
	// GarbageJSON sends the first half of the body as if it were whole: the same cut, with something left.
	GarbageJSON FaultName = "garbage-json"
	// WrongContentType labels the right body as Value (default text/plain): a proxy that guesses.
	WrongContentType FaultName = "wrong-content-type"
	// NoDate leaves the Date header out: a minimal proxy. The clock cannot be put right from it.
	NoDate FaultName = "no-date"
	// NoRequestID leaves the X-Request-Id header out: an answer that is not the service's.
	NoRequestID FaultName = "no-request-id"
	// ClockSkew moves the server's clock by Duration, which may be negative: seen from the server, the client's clock is
	// off.
	ClockSkew FaultName = "clock-skew"
)

func answerKinds() map[FaultName]faultKind {
	return map[FaultName]faultKind{
		StatusError: {
			reads:     []parameter{paramStatus, paramCode, paramMessage, paramShape, paramRetryAfter, paramForm},
			inService: statusError,
		},
		Throttled: {
			reads:     []parameter{paramRetryAfter, paramForm, paramMessage},
			inService: func(c *call, i *Injection) *answer { return c.throttled(i.fault) },
		},
		RateLimit:        {reads: []parameter{paramN, paramDuration}, inService: rateLimit},
		KeyLocked:        {}, // authentication looks for it
		DenyProjectList:  {inService: denyProjectList},
		DenyBackupList:   {inService: deny(ListBackupRecords, "dcs:instance:getDataBackupLog")},
		DenyInstanceList: {inService: deny(ListInstances, "dcs:instance:list")},
		EchoSecrets:      {reads: []parameter{paramStatus}, onTheWay: echoSecrets},
		CaptivePortal:    {onTheWay: captivePortal},
		Redirect:         {reads: []parameter{paramStatus, paramLocation}, onTheWay: redirect},
		EmptyBody:        {alter: func(_ *call, _ *Injection, a answer) answer { a.body = nil; return a }},
		GarbageJSON:      {alter: func(_ *call, _ *Injection, a answer) answer { a.body = a.body[:len(a.body)/2]; return a }},
		WrongContentType: {reads: []parameter{paramValue}, alter: wrongContentType},
		NoDate:           {alter: func(_ *call, _ *Injection, a answer) answer { a.without("Date"); return a }},
		NoRequestID:      {alter: func(_ *call, _ *Injection, a answer) answer { a.without("X-Request-Id"); return a }},
		ClockSkew: {
			reads: []parameter{paramDuration},
			enter: func(c *call, i *Injection) { c.now = c.now.Add(i.fault.Duration) },
		},
	}
}

// without keeps a header from being added when the answer is sent.
func (a *answer) without(name string) {
	if a.header == nil {
		a.header = http.Header{}
	}

	a.header[name] = nil
}

func statusError(c *call, i *Injection) *answer {
	f := i.fault
	status := cmp.Or(f.Status, http.StatusInternalServerError)
	a := c.errorAnswer(status, f.Shape, cmp.Or(f.Code, "DCS.5000"), cmp.Or(f.Message, "Internal service error."))
	c.setRetryAfter(&a, f)

	return &a
}

func (c *call) throttled(f Fault) *answer {
	message := cmp.Or(f.Message, "policy user over ratelimit,limit:5,time:1 second")
	a := c.gatewayError(http.StatusTooManyRequests, "APIGW.0308",
		"The throttling threshold has been reached: "+message)
	c.setRetryAfter(a, f)

	return a
}

// setRetryAfter adds the header in one of its two forms, in whole seconds, never too early.
func (c *call) setRetryAfter(a *answer, f Fault) {
	switch {
	case f.RetryAfter == 0:
	case f.Form == "date":
		at := c.now.Add(f.RetryAfter + time.Second - 1).Truncate(time.Second)
		a.set("Retry-After", at.UTC().Format(http.TimeFormat))
	default:
		a.set("Retry-After", strconv.FormatInt(int64((f.RetryAfter+time.Second-1)/time.Second), 10))
	}
}

// window is the fixed window of a rate limit.
type window struct {
	began time.Time
	let   int64
}

func rateLimit(c *call, i *Injection) *answer {
	limit, length := cmp.Or(i.fault.N, 5), cmp.Or(i.fault.Duration, time.Second)
	now := time.Now()

	c.s.mu.Lock()
	defer c.s.mu.Unlock()

	if now.Sub(i.window.began) >= length {
		i.window = window{began: now}
	}

	if i.window.let < limit {
		i.window.let++
		return nil
	}

	return c.throttled(Fault{
		RetryAfter: i.window.began.Add(length).Sub(now),
		Message:    fmt.Sprintf("policy user over ratelimit,limit:%d,time:%s", limit, windowText(length)),
	})
}

// windowText names a window as the gateway does: "1 second", "5 minute".
func windowText(d time.Duration) string {
	if d >= time.Minute && d%time.Minute == 0 {
		return fmt.Sprintf("%d minute", d/time.Minute)
	}

	return fmt.Sprintf("%d second", max(1, d/time.Second))
}

func denyProjectList(c *call, _ *Injection) *answer {
	if c.apiPath != "/v3/projects" {
		return nil
	}

	return c.keystoneError(http.StatusForbidden,
		"You are not authorized to perform the requested action: iam:projects:listProjects")
}

func deny(operation, action string) replaceFunc {
	return func(c *call, _ *Injection) *answer {
		if c.api.operation != operation {
			return nil
		}

		return c.dcsError(http.StatusForbidden, "DCS.2007", "Policy does not allow "+action+" to be performed.")
	}
}

func echoSecrets(c *call, i *Injection) *answer {
	h := c.r.Header
	a := c.gatewayError(cmp.Or(i.fault.Status, http.StatusBadRequest), "APIGW.0602", fmt.Sprintf(
		"Illegal request: %s %s Authorization=%s X-Security-Token=%s X-Auth-Token=%s X-Idp-Id=%s body=%s",
		c.r.Method, c.r.URL.RequestURI(), h.Get("Authorization"), h.Get("X-Security-Token"), h.Get("X-Auth-Token"),
		h.Get("X-Idp-Id"), c.body))

	return a
}

func captivePortal(*call, *Injection) *answer {
	a := textAnswer(http.StatusOK, "text/html; charset=utf-8", `<!DOCTYPE html>
<html><head><title>Welcome to the guest network</title></head>
<body><form action="/login"><input name="room"><input type="submit" value="Connect"></form></body></html>
`)
	a.without("X-Request-Id")

	return &a
}

func redirect(c *call, i *Injection) *answer {
	a := textAnswer(cmp.Or(i.fault.Status, http.StatusFound), "text/html", "<html><body>Moved.</body></html>\n")
	target := cmp.Or(i.fault.Location, "http://198.51.100.1/")
	a.set("Location", strings.TrimSuffix(target, "/")+c.r.URL.RequestURI())

	return &a
}

func wrongContentType(_ *call, i *Injection, a answer) answer {
	a.set("Content-Type", cmp.Or(i.fault.Value, "text/plain"))
	return a
}
