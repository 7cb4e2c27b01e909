// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

// Package datasources implements the provider's data sources: their schemas, the queries that configurations ask for, and
// the state that the service's responses become. Each data source has its own files (instance_backups*.go, project_backups*.go);
// the other files hold what they share.
package datasources
