// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
)

// instanceBackupsState returns the state of dcs_instance_backups: its configuration with the computed attributes filled in.
// backups are sorted, the newest first.
func instanceBackupsState(
	config tftypes.Value, scope auth.Scope, total int64, backups []dcsapi.Backup,
) (tftypes.Value, error) {
	return newState(config, map[string]tftypes.Value{
		"region":            tftypes.NewValue(tftypes.String, scope.Region),
		"project_id":        tftypes.NewValue(tftypes.String, scope.ProjectID),
		"total_num":         tftypes.NewValue(tftypes.Number, total),
		"backups":           recordList(backups),
		"latest":            firstRecord(backups, func(*dcsapi.Backup) bool { return true }),
		"latest_restorable": firstRecord(backups, (*dcsapi.Backup).IsRestorable),
	})
}
