# Three instances, their backups, and a check that warns where the newest restorable backup is missing or old.
# "make demo" runs this against a local DCS; for the real one set fleet.

terraform {
  required_version = ">= 1.5"

  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
  }
}

variable "fleet" {
  description = "Instance IDs by name."
  type        = map(string)

  default = {
    carts    = "0b5d3c1e-7a52-4c0e-9d1f-5e2a8c7b6d01"
    search   = "0b5d3c1e-7a52-4c0e-9d1f-5e2a8c7b6d02"
    sessions = "0b5d3c1e-7a52-4c0e-9d1f-5e2a8c7b6d03"
  }
}

data "dcs_instance_backups" "fleet" {
  for_each = var.fleet

  instance_id = each.value
}

locals {
  newest = { for name, read in data.dcs_instance_backups.fleet : name => read.latest_restorable }

  without = [for name, backup in local.newest : name if backup == null]
  stale = [
    for name, backup in local.newest : name
    if backup == null ? false : timecmp(backup.created_at, timeadd(plantimestamp(), "-24h")) < 0
  ]
}

check "backups" {
  assert {
    condition     = length(local.without) == 0
    error_message = "No restorable backup: ${join(", ", local.without)}."
  }

  assert {
    condition     = length(local.stale) == 0
    error_message = "Newest restorable backup older than a day: ${join(", ", local.stale)}."
  }
}
