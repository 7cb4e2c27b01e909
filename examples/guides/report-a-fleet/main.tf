terraform {
  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
  }
}

variable "regions" {
  description = "The regions that are read."
  type        = set(string)
  default     = ["cn-north-4"]
}

variable "max_age" {
  description = "How old the newest restorable backup may be."
  type        = string
  default     = "26h"
}

data "dcs_project_backups" "fleet" {
  for_each = var.regions
  region   = each.value
}

locals {
  oldest = timeadd(plantimestamp(), "-${var.max_age}")

  fleet = flatten([
    for region, project in data.dcs_project_backups.fleet : [
      for instance in project.instances : {
        region            = region
        instance_id       = instance.instance_id
        name              = instance.name
        status            = instance.status
        backup_supported  = instance.backup_supported
        restorable_num    = instance.restorable_num
        restorable_size   = instance.restorable_size
        latest_restorable = try(instance.latest_restorable.created_at, null)
        latest            = try(instance.latest.created_at, null)
        latest_status     = try(instance.latest.status, null)

        # false also where there is no backup, or none with a time that can be read.
        fresh = try(timecmp(instance.latest_restorable.created_at, local.oldest) >= 0, false)
      }
    ]
  ])
}

output "without_fresh_backup" {
  description = "The instances that have no restorable backup younger than max_age, by ID."
  value = {
    for instance in local.fleet : instance.instance_id => instance.name
    if instance.backup_supported && !instance.fresh
  }
}

output "restorable_bytes" {
  description = "What the backups that can be restored take, by region."
  value = {
    for region, project in data.dcs_project_backups.fleet :
    region => sum(concat([0], values(project.instances)[*].restorable_size))
  }
}
