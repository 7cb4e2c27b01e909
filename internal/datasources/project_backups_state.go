// Copyright (c) The terraform-provider-dcs authors
// SPDX-License-Identifier: MPL-2.0

package datasources

import (
	"context"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-dcs/internal/auth"
	"terraform-provider-dcs/internal/dcsapi"
)

// projectInstance is an instance and what the records of its backups that match the filter come to.
type projectInstance struct {
	dcsapi.Instance

	backupSupported bool
	totalNum        int64
	restorableNum   int64
	restorableSize  *big.Int
	// latest and latestRestorable are nil where there is none.
	latest, latestRestorable *dcsapi.Backup
	// backups are nil unless they are kept.
	backups []dcsapi.Backup
}

// newProjectInstance returns the instance of read. backups are its records that match the filter, the newest first; keep says
// that all of them are kept.
func newProjectInstance(read dcsapi.InstanceBackups, backups []dcsapi.Backup, keep bool) projectInstance {
	i := projectInstance{
		Instance: read.Instance, backupSupported: read.BackupSupported, totalNum: read.Listing.TotalNum, restorableSize: new(big.Int),
	}

	if keep {
		i.backups = backups
	}

	if len(backups) > 0 {
		i.latest = &backups[0]
	}

	for n := range backups {
		b := &backups[n]
		if !b.IsRestorable() {
			continue
		}

		if i.latestRestorable == nil {
			i.latestRestorable = b
		}

		i.restorableNum++

		if b.Size != nil {
			i.restorableSize.Add(i.restorableSize, big.NewInt(*b.Size))
		}
	}

	return i
}

// instanceFields are the fields of an instance, where the service has them under the API's names. Schema, state and
// documentation are generated from them.
var instanceFields = fields[projectInstance]{
	text("instance_id", "ID of the instance. It is also the key in `instances`.",
		func(i *projectInstance) string { return i.ID }),
	text("name", "Name of the instance.",
		func(i *projectInstance) string { return i.Name }),
	text("status", "Status of the instance, e.g. `RUNNING`, `CREATING`, `RESTORING`, `FROZEN` or `CLOSED`. The service has "+
		"more statuses, and may add others.",
		func(i *projectInstance) string { return i.Status }),
	text("engine", "Cache engine: `Redis` or `Memcached`.",
		func(i *projectInstance) string { return i.Engine }),
	text("engine_version", "Version of the cache engine, e.g. `5.0`.",
		func(i *projectInstance) string { return i.EngineVersion }),
	text("spec_code", "Specification of the instance, e.g. `redis.ha.xu1.tiny.r2.128`.",
		func(i *projectInstance) string { return i.SpecCode }),
	text("created_at", "Time when the instance was created, in RFC 3339, e.g. `2022-08-29T09:00:34.335Z`.",
		func(i *projectInstance) string { return i.CreatedAt }),
	text("enterprise_project_id", "ID of the enterprise project of the instance. `0` is the default enterprise project.",
		func(i *projectInstance) string { return i.EnterpriseProjectID }),
	{
		name: "capacity",
		attribute: schema.NumberAttribute{
			Computed:            true,
			MarkdownDescription: "Capacity of the instance in GB, e.g. `16`, or `0.125` for an instance with 128 MB.",
		},
		value: func(i *projectInstance) tftypes.Value { return tftypes.NewValue(tftypes.Number, i.Capacity) },
	},
	{
		name: "tags",
		attribute: schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "Tags of the instance. A tag without a value is listed with `\"\"`. Empty, not null, if there are none.",
		},
		value: func(i *projectInstance) tftypes.Value { return stringMap(i.Tags) },
	},
	boolean("backup_supported", "Whether the instance supports backups. `false` if the service reports that it does not, as "+
		"for single-node instances. `total_num`, `restorable_num` and `restorable_size` are then `0`.",
		func(i *projectInstance) *bool { return &i.backupSupported }),
	integer("total_num", "Number of backup records between `begin_time` and `end_time`, as reported by the service. `filter` "+
		"does not affect it.",
		func(i *projectInstance) *int64 { return &i.totalNum }),
	integer("restorable_num", "Number of records that match `filter` and can be restored: `status` is `"+dcsapi.StatusSucceed+
		"` and `is_support_restore` is `true`.",
		func(i *projectInstance) *int64 { return &i.restorableNum }),
	{
		name: "restorable_size",
		attribute: schema.NumberAttribute{
			Computed:            true,
			MarkdownDescription: "Total size in bytes of the records counted in `restorable_num`. A record without a size counts as `0`.",
		},
		value: func(i *projectInstance) tftypes.Value {
			return tftypes.NewValue(tftypes.Number, new(big.Float).SetInt(i.restorableSize))
		},
	},
	{
		name:      "latest",
		attribute: recordAttribute("Newest backup record that matches `filter`. Null if there is none."),
		value:     func(i *projectInstance) tftypes.Value { return recordOrNull(i.latest) },
	},
	{
		name: "latest_restorable",
		attribute: recordAttribute("Newest backup record that matches `filter` and can be restored: its `status` is `" +
			dcsapi.StatusSucceed + "` and its `is_support_restore` is `true`. Null if there is none."),
		value: func(i *projectInstance) tftypes.Value { return recordOrNull(i.latestRestorable) },
	},
	{
		name: "backups",
		attribute: recordListAttribute("Backup records that match `filter`, newest first, in the same order as in " +
			"`dcs_instance_backups`. Null unless `include_backups` is `true`. Empty, not null, if `include_backups` is `true` and no " +
			"record matches."),
		value: func(i *projectInstance) tftypes.Value {
			if i.backups == nil {
				return tftypes.NewValue(tftypes.List{ElementType: recordType}, nil)
			}

			return recordList(i.backups)
		},
	},
}

// instanceAttrType and instanceType are the type of an instance, as [recordAttrType] and [recordType] are that of a record.
var (
	instanceAttrType = types.ObjectType{AttrTypes: instanceFields.attrTypes()}
	instanceType     = instanceAttrType.TerraformType(context.Background())
)

// size returns an upper bound of the size of i in state, in bytes as it is sent (MessagePack).
func (i *projectInstance) size() int {
	// The key, and the digits of the two numbers of any precision.
	const header, digits = 5, 100

	size := header + len(i.ID) + instanceFields.size(i) + 2*digits + recordsSize(i.backups)

	for key, value := range i.Tags {
		size += 2*header + len(key) + len(value)
	}

	for _, b := range []*dcsapi.Backup{i.latest, i.latestRestorable} {
		if b != nil {
			size += recordFields.size(b)
		}
	}

	return size
}

// instanceMap collects the instances of a project in the form in which they are in state, so that records which are not in
// state are not kept.
type instanceMap struct {
	filter      filter
	keepBackups bool
	maxSize     int

	instances map[string]tftypes.Value
	// size is an upper bound of the size of all instances in state. Instances beyond maxSize are not kept.
	size int
	// unreadable is how many records have a created_at that is no instant.
	unreadable int
}

func newInstanceMap(filter filter, keepBackups bool, maxSize int) *instanceMap {
	return &instanceMap{filter: filter, keepBackups: keepBackups, maxSize: maxSize, instances: make(map[string]tftypes.Value)}
}

// add adds an instance.
func (m *instanceMap) add(read dcsapi.InstanceBackups) {
	backups, unreadable := newestFirst(m.filter.apply(read.Listing.Backups))
	m.unreadable += unreadable

	instance := newProjectInstance(read, backups, m.keepBackups)
	if m.size += instance.size(); m.size <= m.maxSize {
		m.instances[instance.ID] = instanceFields.object(instanceType, &instance)
	}
}

// projectBackupsState returns the state of dcs_project_backups: its configuration with the computed attributes filled in.
func projectBackupsState(config tftypes.Value, scope auth.Scope, instances *instanceMap) (tftypes.Value, error) {
	return newState(config, map[string]tftypes.Value{
		"region":     tftypes.NewValue(tftypes.String, scope.Region),
		"project_id": tftypes.NewValue(tftypes.String, scope.ProjectID),
		"instances":  tftypes.NewValue(tftypes.Map{ElementType: instanceType}, instances.instances),
	})
}

// recordOrNull returns a backup record in state, null where b is nil.
func recordOrNull(b *dcsapi.Backup) tftypes.Value {
	if b == nil {
		return tftypes.NewValue(recordType, nil)
	}

	return record(b)
}

// stringMap returns a map of strings in state.
func stringMap(m map[string]string) tftypes.Value {
	values := make(map[string]tftypes.Value, len(m))
	for key, value := range m {
		values[key] = tftypes.NewValue(tftypes.String, value)
	}

	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, values)
}
