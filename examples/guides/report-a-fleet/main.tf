terraform {
  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
  }
}

provider "dcs" {
  region = "cn-north-4"
}

variable "instances" {
  description = "The instances by a name of your own. Those without a region are in the provider's."
  type = map(object({
    id     = string
    region = optional(string)
  }))
}

data "dcs_instance_backups" "fleet" {
  for_each    = var.instances
  instance_id = each.value.id
  region      = each.value.region
}

locals {
  columns = ["instance", "backup_id", "backup_name", "backup_type", "status", "created_at", "size"]

  rows = flatten([
    for name, read in data.dcs_instance_backups.fleet : [
      for backup in read.backups : merge(backup, { instance = name })
    ]
  ])

  # RFC 4180: values in quotes, a quote in a value doubled, nothing for null.
  lines = [
    for row in local.rows : join(",", [
      for column in local.columns : row[column] == null ? "" : "\"${replace(row[column], "\"", "\"\"")}\""
    ])
  ]
}

output "fleet" {
  description = "What each instance keeps, and the time of the backup it could be restored to."
  value = {
    for name, read in data.dcs_instance_backups.fleet : name => {
      backups           = length(read.backups)
      bytes             = sum(concat([0], [for backup in read.backups : coalesce(backup.size, 0) if backup.status == "succeed"]))
      latest_restorable = try(read.latest_restorable.created_at, null)
    }
  }
}

output "without_backup" {
  description = "Instances that could not be restored today."
  value       = [for name, read in data.dcs_instance_backups.fleet : name if read.latest_restorable == null]
}

output "csv" {
  description = "All backups, for a spreadsheet: terraform output -raw csv > backups.csv"
  value       = join("\r\n", concat([join(",", local.columns)], local.lines, [""]))
}
