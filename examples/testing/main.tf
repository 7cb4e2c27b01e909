# A module as you might have one: the newest restorable backup of an instance, refused when it is too old, and the
# instances of the project that have none.
terraform {
  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
  }
}

variable "instance_id" {
  type = string
}

variable "max_age" {
  type    = string
  default = "26h"
}

data "dcs_instance_backups" "redis" {
  instance_id = var.instance_id

  lifecycle {
    postcondition {
      condition     = try(timecmp(self.latest_restorable.created_at, timeadd(plantimestamp(), "-${var.max_age}")) >= 0, false)
      error_message = "Instance ${self.instance_id} has no restorable backup younger than ${var.max_age}."
    }
  }
}

data "dcs_project_backups" "all" {}

output "backup_id" {
  value = data.dcs_instance_backups.redis.latest_restorable.backup_id
}

output "without_backup" {
  value = [
    for id, instance in data.dcs_project_backups.all.instances : id
    if instance.backup_supported && instance.latest_restorable == null
  ]
}
