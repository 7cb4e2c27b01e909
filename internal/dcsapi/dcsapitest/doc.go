// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package dcsapitest is a local DCS: an HTTP server that behaves like Huawei Cloud's DCS, IAM, STS and ECS metadata
// services, for tests, for the demo and for writing HCL without an account.
//
// A [Server] holds accounts, keys, projects, instances and their backups. It verifies signatures, dates, tokens and
// projects as the service does, honours the queries of [ListBackupRecords] and [ListInstances], and fails with the
// service's own errors. It shares no code with the provider, and so none of its mistakes.
//
// Two lines start one:
//
//	s := dcsapitest.ForTest(t)
//	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(25, 1)})
//
// The default key is [AccessKey] and [SecretKey]; it may use [ProjectID], whose name is [Region]. Requests reach the
// server over a socket, at [Server.URL], or in memory through [Server.Transport]: in a testing/synctest bubble use
// [InMemory] instead of [ForTest].
//
// [Server.Inject] injects faults, whose effects are the types of package fault. Package scenario reads what a server
// holds, and its faults, from a file. [Server.Requests] returns the requests received. The command cmd/dcs-local runs a
// server from the shell.
//
// The APIs: https://support.huaweicloud.com/api-dcs/ListBackupRecords.html,
// https://support.huaweicloud.com/api-dcs/ListInstances.html.
package dcsapitest
