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

// Response is what the service answers.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Set sets a header.
func (r *Response) Set(name, value string) {
	if r.Header == nil {
		r.Header = http.Header{}
	}

	r.Header.Set(name, value)
}

// Without keeps a header from being added when the response is sent.
func (r *Response) Without(name string) {
	if r.Header == nil {
		r.Header = http.Header{}
	}

	r.Header[name] = nil
}

// jsonResponse encodes v, which is always one of this package's own values.
func jsonResponse(status int, v any) Response {
	var body bytes.Buffer

	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // the service does not, and an echoed canonical request has many of these

	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("dcsapitest: encoding an answer: %v", err))
	}

	a := Response{Status: status, Body: bytes.TrimSuffix(body.Bytes(), []byte("\n"))}
	a.Set("Content-Type", "application/json")

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

// Shapes returns every shape.
func Shapes() []Shape {
	return []Shape{
		ShapeDCS, ShapeDCSv1, ShapeLegacy, ShapeGateway, ShapeKeystone, ShapeIAM, ShapeCCE, ShapeRDS, ShapeHTML, ShapeText,
		ShapeEmpty,
	}
}

// Error returns an error in a service's shape.
func (c *Call) Error(status int, shape Shape, code, message string) Response {
	switch shape {
	case ShapeDCSv1:
		return jsonResponse(status, map[string]any{"error": struct {
			Code    string  `json:"code"`
			Message string  `json:"message"`
			Ext     *string `json:"ext_message"`
		}{code, message, nil}})
	case ShapeLegacy:
		return jsonResponse(status, struct {
			Code    string  `json:"code"`
			Message string  `json:"message"`
			Ext     *string `json:"ext_message"`
		}{code, message, nil})
	case ShapeGateway:
		return jsonResponse(status, struct {
			Message   string `json:"error_msg"`
			Code      string `json:"error_code"`
			RequestID string `json:"request_id"`
		}{message, code, c.RequestID})
	case ShapeKeystone:
		return jsonResponse(status, map[string]any{"error": struct {
			Code    json.Number `json:"code"`
			Message string      `json:"message"`
			Title   string      `json:"title"`
		}{keystoneCode(status, code), message, http.StatusText(status)}})
	case ShapeIAM:
		return jsonResponse(status, struct {
			Code    string `json:"error_code"`
			Message string `json:"error_msg"`
			Encoded string `json:"encoded_authorization_message,omitempty"`
		}{code, message, ""})
	case ShapeCCE:
		return jsonResponse(status, map[string]string{"errorCode": code, "errorMessage": message})
	case ShapeRDS:
		return jsonResponse(status, map[string]string{"errCode": code, "externalMessage": message})
	case ShapeHTML:
		page := fmt.Sprintf("<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n"+
			"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", status, http.StatusText(status), html.EscapeString(message))

		return TextResponse(status, "text/html", page)
	case ShapeText:
		return TextResponse(status, "text/plain", message+"\n")
	case ShapeEmpty:
		return Response{Status: status}
	default:
		return jsonResponse(status, struct {
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

// TextResponse returns a response that is not JSON.
func TextResponse(status int, contentType, body string) Response {
	a := Response{Status: status, Body: []byte(body)}
	a.Set("Content-Type", contentType)

	return a
}

// DCSError returns an error as DCS sends it.
func (c *Call) DCSError(status int, code, message string) *Response {
	a := c.Error(status, ShapeDCS, code, message)
	return &a
}

// GatewayError returns an error as the API gateway sends it.
func (c *Call) GatewayError(status int, code, message string) *Response {
	a := c.Error(status, ShapeGateway, code, message)
	return &a
}

// KeystoneError returns an error as IAM sends it.
func (c *Call) KeystoneError(status int, message string) *Response {
	a := c.Error(status, ShapeKeystone, "", message)
	return &a
}
