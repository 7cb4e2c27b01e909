// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
)

// answer is what the service says, before anything happens to it on its way.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) set(name, value string) {
	if a.header == nil {
		a.header = http.Header{}
	}

	a.header.Set(name, value)
}

// jsonAnswer encodes v, which is always one of this package's own values.
func jsonAnswer(status int, v any) answer {
	var body bytes.Buffer

	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // the service does not, and an echoed canonical request has many of these

	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("dcsapitest: encoding an answer: %v", err))
	}

	a := answer{status: status, body: bytes.TrimSuffix(body.Bytes(), []byte("\n"))}
	a.set("Content-Type", "application/json")

	return a
}

// Shape is a form that an error's body takes. Which service sends which has changed over the years.
type Shape string

// The shapes of error bodies seen in the field.
const (
	ShapeDCS      Shape = "dcs"      // DCS v2: error_code, error_msg, error_ext_msg
	ShapeDCSv1    Shape = "dcs-v1"   // DCS v1: error.code, error.message, error.ext_message
	ShapeLegacy   Shape = "legacy"   // older DCS: code, message, ext_message
	ShapeGateway  Shape = "gateway"  // API gateway: error_code, error_msg, request_id
	ShapeKeystone Shape = "keystone" // IAM v3: error.code as a number, error.message, error.title
	ShapeIAM      Shape = "iam"      // IAM and STS: error_code, error_msg, encoded_authorization_message
	ShapeCCE      Shape = "cce"      // other services: errorCode, errorMessage
	ShapeRDS      Shape = "rds"      // other services, older: errCode, externalMessage
	ShapeHTML     Shape = "html"     // a proxy's or load balancer's page
	ShapeText     Shape = "text"     // a proxy's line of text
	ShapeEmpty    Shape = "empty"    // no body at all
)

var shapes = []Shape{
	ShapeDCS, ShapeDCSv1, ShapeLegacy, ShapeGateway, ShapeKeystone, ShapeIAM, ShapeCCE, ShapeRDS, ShapeHTML, ShapeText,
	ShapeEmpty,
}

// errorAnswer is an error in a service's shape.
func (c *call) errorAnswer(status int, shape Shape, code, message string) answer {
	switch shape {
	case ShapeDCSv1:
		return jsonAnswer(status, map[string]any{"error": struct {
			Code    string  `json:"code"`
			Message string  `json:"message"`
			Ext     *string `json:"ext_message"`
		}{code, message, nil}})
	case ShapeLegacy:
		return jsonAnswer(status, struct {
			Code    string  `json:"code"`
			Message string  `json:"message"`
			Ext     *string `json:"ext_message"`
		}{code, message, nil})
	case ShapeGateway:
		return jsonAnswer(status, struct {
			Message   string `json:"error_msg"`
			Code      string `json:"error_code"`
			RequestID string `json:"request_id"`
		}{message, code, c.requestID})
	case ShapeKeystone:
		return jsonAnswer(status, map[string]any{"error": struct {
			Code    json.Number `json:"code"`
			Message string      `json:"message"`
			Title   string      `json:"title"`
		}{keystoneCode(status, code), message, http.StatusText(status)}})
	case ShapeIAM:
		return jsonAnswer(status, struct {
			Code    string `json:"error_code"`
			Message string `json:"error_msg"`
			Encoded string `json:"encoded_authorization_message,omitempty"`
		}{code, message, ""})
	case ShapeCCE:
		return jsonAnswer(status, map[string]string{"errorCode": code, "errorMessage": message})
	case ShapeRDS:
		return jsonAnswer(status, map[string]string{"errCode": code, "externalMessage": message})
	case ShapeHTML:
		page := fmt.Sprintf("<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n"+
			"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", status, http.StatusText(status), html.EscapeString(message))

		return textAnswer(status, "text/html", page)
	case ShapeText:
		return textAnswer(status, "text/plain", message+"\n")
	case ShapeEmpty:
		return answer{status: status}
	default:
		return jsonAnswer(status, struct {
			Message string  `json:"error_msg"`
			Code    string  `json:"error_code"`
			Ext     *string `json:"error_ext_msg"`
		}{message, code, nil})
	}
}

// keystoneCode is a number in JSON: the status unless the code given is a number itself.
func keystoneCode(status int, code string) json.Number {
	if n, err := strconv.Atoi(code); err == nil {
		return json.Number(strconv.Itoa(n))
	}

	return json.Number(strconv.Itoa(status))
}

func textAnswer(status int, contentType, body string) answer {
	a := answer{status: status, body: []byte(body)}
	a.set("Content-Type", contentType)

	return a
}

func (c *call) dcsError(status int, code, message string) *answer {
	a := c.errorAnswer(status, ShapeDCS, code, message)
	return &a
}

func (c *call) gatewayError(status int, code, message string) *answer {
	a := c.errorAnswer(status, ShapeGateway, code, message)
	return &a
}

func (c *call) keystoneError(status int, message string) *answer {
	a := c.errorAnswer(status, ShapeKeystone, "", message)
	return &a
}
