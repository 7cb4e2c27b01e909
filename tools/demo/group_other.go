// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package main

import "os/exec"

func ownGroup(*exec.Cmd) {}

func endGroup(*exec.Cmd) {}
