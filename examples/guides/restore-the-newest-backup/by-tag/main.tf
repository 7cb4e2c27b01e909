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

variable "service_tags" {
  description = "Tags that exactly one instance has."
  type        = map(string)
  default     = { environment = "prod", service = "orders" }
}

data "dcs_project_backups" "tagged" {
  instance_filter {
    tags = var.service_tags
  }

  lifecycle {
    postcondition {
      condition     = length(self.instances) == 1
      error_message = "Expected one instance with the tags ${jsonencode(var.service_tags)}, found ${length(self.instances)}."
    }

    postcondition {
      condition     = alltrue([for instance in self.instances : instance.latest_restorable != null])
      error_message = "The instance with the tags ${jsonencode(var.service_tags)} has no backup that can be restored."
    }
  }
}

locals {
  instance = one(values(data.dcs_project_backups.tagged.instances))
}

output "backup_to_restore" {
  value = {
    instance_id = local.instance.instance_id
    name        = local.instance.name
    backup_id   = local.instance.latest_restorable.backup_id
    created_at  = local.instance.latest_restorable.created_at
  }
}
