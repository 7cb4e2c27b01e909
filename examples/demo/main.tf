# All instances of a project in one read, and one of them with all its records. "make demo" runs this against a local DCS; for the
# real one set instance_id.

terraform {
  required_version = ">= 1.5"

  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
  }
}

variable "instance_id" {
  description = "The instance whose backups are listed."
  type        = string
  default     = "0b5d3c1e-7a52-4c0e-9d1f-5e2a8c7b6d02"
}

data "dcs_project_backups" "all" {}

data "dcs_instance_backups" "search" {
  instance_id = var.instance_id
}

locals {
  oldest = timeadd(plantimestamp(), "-24h")

  # Also those without a backup, and those whose newest one has no time that can be read.
  stale = [
    for instance in data.dcs_project_backups.all.instances :
    "${coalesce(instance.name, instance.instance_id)}: ${try(instance.latest_restorable.created_at, "no backup")}"
    if instance.backup_supported && !try(timecmp(instance.latest_restorable.created_at, local.oldest) >= 0, false)
  ]
}

check "backups_are_fresh" {
  assert {
    condition     = length(local.stale) == 0
    error_message = "No restorable backup younger than a day:\n${join("\n", local.stale)}"
  }
}
