// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package dcsapitest is a local DCS: an endpoint that answers like Huawei Cloud's DCS, IAM, STS and ECS metadata
// services, for tests, for the demo and for anyone who writes HCL and has no account.
//
// It is a domain object, not a table of canned answers. A [Server] holds accounts, keys, projects, instances and
// their backups; it verifies every signature, date, token and project as the service does, honours the query of
// [ListBackupRecords], and refuses with the service's own errors. It shares no code with the client it is used to
// test: an endpoint that shares the client's code shares its mistakes.
//
// Two lines start one:
//
//	s := dcsapitest.ForTest(t)
//	s.AddInstance(dcsapitest.Instance{ID: dcsapitest.InstanceID, Backups: dcsapitest.GenerateBackups(25, 1)})
//
// The known key is [AccessKey] and [SecretKey]; it may use [ProjectID], whose name is [Region]. Requests reach the
// server over a socket, at [Server.URL], or through [Server.Transport], which uses none: in a testing/synctest bubble
// take [InMemory] in place of [ForTest].
//
// What goes wrong in the field is switched on by name with [Server.Inject]; each [FaultName] says which real
// behaviour it stands for. [Server.Requests] tells what was asked, and so what was not.
//
// The command in cmd/dcs-local starts one from the shell with a [Scenario].
//
// [ListBackupRecords]: https://support.huaweicloud.com/api-dcs/ListBackupRecords.html
package dcsapitest
