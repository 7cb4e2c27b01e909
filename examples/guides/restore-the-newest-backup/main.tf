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
  type        = string
  description = "ID of the instance whose backup is wanted."
}

data "dcs_instance_backups" "redis" {
  instance_id = var.instance_id

  lifecycle {
    postcondition {
      condition     = self.latest_restorable != null
      error_message = "Instance ${self.instance_id} has no backup that can be restored."
    }
  }
}

output "backup_to_restore" {
  value = {
    backup_id  = data.dcs_instance_backups.redis.latest_restorable.backup_id
    created_at = data.dcs_instance_backups.redis.latest_restorable.created_at
    size       = data.dcs_instance_backups.redis.latest_restorable.size
  }
}
