// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"terraform-provider-dcs/internal/transport"
)

// ErrNoRegion says that neither the call nor the session names a region.
var ErrNoRegion = errors.New("no region is given")

// RefusedError says that the service does not accept the credentials. Every further call with them ends with the same
// error, and is not sent.
type RefusedError struct {
	// From says where the credentials come from, and Profile that this is a KooCLI profile.
	From    string
	Profile bool
	// Locked says that the service refuses the key for some minutes because of too many failures.
	Locked bool
	// Skew is how far the service's clock is ahead of the one that the request was dated by.
	Skew time.Duration
	Err  *transport.Error
}

func (e *RefusedError) Error() string {
	return "the credentials (" + e.From + ") were refused: " + e.Err.Error()
}

// Unwrap returns the service's response.
func (e *RefusedError) Unwrap() error { return e.Err }

// LoginError says which request to IAM or STS failed that fetches credentials or looks up the project.
type LoginError struct {
	// Doing says what was being done, e.g. "assuming agency ops".
	Doing string
	// Project says that the step was the look-up of a project, which a project ID makes unnecessary, and Own that it was one of
	// the session's own region.
	Project, Own bool
	Err          error
}

func (e *LoginError) Error() string { return e.Doing + ": " + e.Err.Error() }

// Unwrap returns why the step failed.
func (e *LoginError) Unwrap() error { return e.Err }

// IDTokenFileError says that the file of an ID token, the argument id_token_file, cannot be read or has no ID token.
type IDTokenFileError struct {
	File string
	// Err is why. Its text names the file.
	Err error
}

func (e *IDTokenFileError) Error() string { return "id_token_file: " + e.Err.Error() }

// Unwrap returns why the file cannot be used.
func (e *IDTokenFileError) Unwrap() error { return e.Err }

// MissingError says that there are no credentials. Its text lists every place without them.
type MissingError struct {
	Looked []string
	// Err is why the metadata service gave no credentials.
	Err error
}

func (e *MissingError) Error() string {
	text := "no credentials were found"
	if len(e.Looked) > 0 {
		text += "; looked at: " + strings.Join(e.Looked, "; ")
	}

	return fmt.Sprintf("%s; ECS metadata service: %s", text, e.Err)
}

// Unwrap returns why the last resort failed.
func (e *MissingError) Unwrap() error { return e.Err }

// ProjectError says that the project of a region could not be found: none or several have the name.
type ProjectError struct {
	Region string
	Name   string
	// Own says that the session's ProjectID and ProjectName are about Region.
	Own bool
	// Found are the projects as "name (id)", ten at most, and More is how many more there are.
	Found []string
	More  int
}

func (e *ProjectError) Error() string {
	if len(e.Found) == 0 {
		return fmt.Sprintf("region %s has no project named %q that these credentials may use", e.Region, e.Name)
	}

	text := fmt.Sprintf("region %s has several projects named %q: %s", e.Region, e.Name, strings.Join(e.Found, ", "))
	if e.More > 0 {
		text += fmt.Sprintf(" and %d more", e.More)
	}

	return text
}
