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

variable "instance_id" {
  type = string
}

variable "max_age" {
  type        = string
  default     = "26h"
  description = "How old the newest restorable backup may be."
}

data "dcs_instance_backups" "redis" {
  instance_id = var.instance_id
}

locals {
  newest = data.dcs_instance_backups.redis.latest_restorable

  # false also where there is no backup, or none with a time that can be read.
  fresh = try(timecmp(local.newest.created_at, timeadd(plantimestamp(), "-${var.max_age}")) >= 0, false)
}

# Warns. Plan and apply go on, and their exit codes stay the same.
check "backup_is_fresh" {
  assert {
    condition = local.fresh
    error_message = (
      local.newest == null
      ? "Instance ${var.instance_id} has no backup that can be restored."
      : "The newest backup of instance ${var.instance_id} that can be restored is of ${try(local.newest.created_at, "?")}."
    )
  }
}
