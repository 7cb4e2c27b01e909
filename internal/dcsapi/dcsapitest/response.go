// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package dcsapitest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Response is what the service answers.
type Response struct {
	Status int
	Header http.Header // those that every response has are added when it is sent, unless they are here
	Body   []byte
}

// jsonResponse encodes v, which is always one of this package's own values.
func jsonResponse(status int, v any) *Response {
	var body strings.Builder

	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // the service does not, and an echoed canonical request has many of these

	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("dcsapitest: encoding an answer: %v", err))
	}

	return TextResponse(status, "application/json", strings.TrimSuffix(body.String(), "\n"))
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

// templates are the shapes that are JSON. Of the arguments, both strings are quoted; the third is a number.
var templates = map[Shape]string{
	ShapeDCS:      `{"error_msg":%[2]s,"error_code":%[1]s,"error_ext_msg":null}`,
	ShapeDCSv1:    `{"error":{"code":%[1]s,"message":%[2]s,"ext_message":null}}`,
	ShapeLegacy:   `{"code":%[1]s,"message":%[2]s,"ext_message":null}`,
	ShapeGateway:  `{"error_msg":%[2]s,"error_code":%[1]s,"request_id":%[4]s}`,
	ShapeKeystone: `{"error":{"code":%[3]d,"message":%[2]s,"title":%[5]s}}`,
	ShapeIAM:      `{"error_code":%[1]s,"error_msg":%[2]s}`,
	ShapeCCE:      `{"errorCode":%[1]s,"errorMessage":%[2]s}`,
	ShapeRDS:      `{"errCode":%[1]s,"externalMessage":%[2]s}`,
}

// Error returns an error in a service's shape. The code of [ShapeKeystone] is a number: the status unless code is one.
func (c *Call) Error(status int, shape Shape, code, message string) *Response {
	title := http.StatusText(status)

	number, err := strconv.Atoi(code)
	if err != nil {
		number = status
	}

	switch shape {
	case ShapeHTML:
		return TextResponse(status, "text/html", fmt.Sprintf("<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n"+
			"<center><h1>%s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
			status, title, html.EscapeString(message)))
	case ShapeText:
		return TextResponse(status, "text/plain", message+"\n")
	case ShapeEmpty:
		return &Response{Status: status, Header: http.Header{}}
	default:
		return TextResponse(status, "application/json", fmt.Sprintf(templates[cmp.Or(shape, ShapeDCS)],
			quoted(code), quoted(message), number, quoted(c.RequestID), quoted(title)))
	}
}

// Shapes returns every shape, sorted.
func Shapes() []Shape {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(templates)), ShapeHTML, ShapeText, ShapeEmpty)))
}

// TextResponse returns a response with the body given.
func TextResponse(status int, contentType, body string) *Response {
	return &Response{Status: status, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
}

// DCSError returns an error as DCS sends it.
func (c *Call) DCSError(status int, code, message string) *Response {
	return c.Error(status, ShapeDCS, code, message)
}

// GatewayError returns an error as the API gateway sends it.
func (c *Call) GatewayError(status int, code, message string) *Response {
	return c.Error(status, ShapeGateway, code, message)
}

// KeystoneError returns an error as IAM sends it.
func (c *Call) KeystoneError(status int, message string) *Response {
	return c.Error(status, ShapeKeystone, "", message)
}
