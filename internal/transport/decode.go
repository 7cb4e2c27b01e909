// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	// maxErrorBody is how much is read of a body that explains an error, in bytes.
	maxErrorBody = 1 << 20
	// maxMessage is how long a message of the service may be in an error, in characters. The documentation says 1024.
	maxMessage = 1024
	// maxSummary is how much is quoted of a body that is not the service's own, in characters.
	maxSummary = 200
)

// decodeError returns the error that a response is, and the ID of the request.
func (k *call) decodeError(req *http.Request, resp *http.Response, body *body) (*Error, string) {
	// A body that can't be read to its end explains what it can: the status is known.
	text, _ := io.ReadAll(io.LimitReader(body, maxErrorBody))

	redaction := k.redaction(req)
	code, message, id := parseError(text)

	if code == "" && message == "" {
		message = k.summary(req, resp, text)
	}

	if location := resp.Header.Get("Location"); location != "" && resp.StatusCode < 400 {
		message = "a redirect to " + withoutUser(location) + ", which is not followed"
	}

	err := k.responseError(req, resp, message)
	err.Code = Clean(redaction.text(code))

	if err.Status == http.StatusTooManyRequests {
		err.Limit = parseRateLimit(err.Message)
	}

	if err.RequestID == "" {
		err.RequestID = Clean(redaction.text(id))
	}

	return err, err.RequestID
}

// requestID returns what names a request to the service's support: X-Request-Id, or IAM's X-IAM-Trace-Id.
func (k *call) requestID(req *http.Request, resp *http.Response) string {
	id := resp.Header.Get("X-Request-Id")
	if id == "" {
		id = resp.Header.Get("X-Iam-Trace-Id")
	}

	return Clean(k.redaction(req).text(id))
}

// The names under which the services send code and message: DCS and the API gateway, older DCS and IAM, CCE, older RDS.
var errorShapes = [][2]string{
	{"error_code", "error_msg"},
	{"code", "message"},
	{"errorCode", "errorMessage"},
	{"errCode", "externalMessage"},
}

// IsErrorMember reports whether an error's body may have a member of that name, in any of the services' shapes.
func IsErrorMember(name string) bool {
	switch name {
	case "error", "error_description", "request_id":
		return true
	default:
		return slices.ContainsFunc(errorShapes, func(shape [2]string) bool { return name == shape[0] || name == shape[1] })
	}
}

// ParseError returns the error that a body is, in any of the services' shapes, nil where it is none.
func ParseError(body []byte) *ServiceError {
	code, message, requestID := parseError(body)
	if code == "" && message == "" {
		return nil
	}

	return &ServiceError{Code: code, Message: message, RequestID: requestID}
}

const byteOrderMark = "\uFEFF"

// parseError returns code, message and request ID of an error's body, in whichever shape it is; all are empty where the
// body has none.
func parseError(text []byte) (code, message, requestID string) {
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte(byteOrderMark))))
	decoder.UseNumber()

	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return "", "", ""
	}

	requestID = scalar(object["request_id"])

	// DCS v1 and IAM's keystone API wrap the object.
	if inner, ok := object["error"].(map[string]any); ok {
		object = inner
	}

	for _, shape := range errorShapes {
		code, message = scalar(object[shape[0]]), scalar(object[shape[1]])
		if code != "" || message != "" {
			return code, message, requestID
		}
	}

	return scalar(object["error"]), scalar(object["error_description"]), requestID
}

// scalar returns v as text: keystone sends its code as a number.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		return ""
	}
}

// withoutUser returns a URL without user name and password.
func withoutUser(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.User == nil {
		return location
	}

	u.User = nil

	return u.String()
}

// summary describes the body of a response that is not the service's own JSON, of which text is the beginning.
func (k *call) summary(req *http.Request, resp *http.Response, text []byte) string {
	if k.request.Confidential && mayHoldSecrets(resp.StatusCode, text) {
		return "the body is not shown, because it may hold secrets"
	}

	return summary(resp.Header, k.redaction(req).truncated(text))
}

// mayHoldSecrets reports whether a response to a request for credentials, whose body begins with text, may hold some. A web page
// does not, nor does the text of an error.
func mayHoldSecrets(status int, text []byte) bool {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(byteOrderMark)))
	isPage := bytes.HasPrefix(text, []byte("<"))
	isJSON := bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("["))

	return !isPage && (isJSON || status < 300)
}

var titlePattern = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// summary describes a body that is not the service's own JSON. text holds no secret: what is quoted of it is cut.
func summary(header http.Header, text string) string {
	trimmed := strings.TrimSpace(text)

	switch title := titlePattern.FindStringSubmatch(trimmed); {
	case trimmed == "":
		return "the body is empty"
	case title != nil:
		return fmt.Sprintf("the body is an HTML page titled %q, as from a proxy or a login page",
			Shorten(strings.TrimSpace(html.UnescapeString(title[1])), maxSummary))
	case strings.HasPrefix(trimmed, "<"):
		return "the body is HTML or XML, as from a proxy or a login page"
	default:
		kind := header.Get("Content-Type")
		if kind == "" {
			kind = "of no stated type"
		}

		return fmt.Sprintf("the body is %s and begins %q", kind, Shorten(trimmed, maxSummary))
	}
}

// Clean makes a text of the service fit for one line of a diagnostic: control characters could move the cursor, format
// characters the words. Secrets in it must have been redacted before.
func Clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}

		return ' '
	}, strings.ToValidUTF8(text, "\uFFFD"))

	return Shorten(strings.TrimSpace(text), maxMessage)
}

// Shorten returns text, cut to at most most characters. Secrets in it must have been redacted before: a part of one would not
// be found.
func Shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}

	return string(runes[:most]) + "…"
}
