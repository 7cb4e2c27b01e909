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

variable "tags" {
  description = "Tags of the instances that must have a fresh backup."
  type        = map(string)
  default     = { environment = "prod" }
}

variable "max_age" {
  description = "How old the newest restorable backup may be."
  type        = string
  default     = "26h"
}

data "dcs_project_backups" "watched" {
  instance_filter {
    tags = var.tags
  }
}

locals {
  watched = data.dcs_project_backups.watched.instances
  oldest  = timeadd(plantimestamp(), "-${var.max_age}")

  # Also those without a backup, and those whose newest one has no time that can be read.
  stale = [
    for id, instance in local.watched :
    "${coalesce(instance.name, id)}: ${try(instance.latest_restorable.created_at, "no backup")}"
    if instance.backup_supported && !try(timecmp(instance.latest_restorable.created_at, local.oldest) >= 0, false)
  ]
}

# Warns. Plan and apply go on, and their exit codes stay the same.
check "backups_are_fresh" {
  assert {
    condition     = length(local.stale) == 0
    error_message = "No restorable backup younger than ${var.max_age}:\n${join("\n", local.stale)}"
  }

  assert {
    condition     = length(local.watched) > 0
    error_message = "No instance has the tags ${jsonencode(var.tags)}."
  }
}
