terraform {
  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
    huaweicloud = {
      source = "huaweicloud/huaweicloud"
    }
  }
}

# Both read HW_ACCESS_KEY and HW_SECRET_KEY.
provider "dcs" {
  region = "cn-north-4"
}

provider "huaweicloud" {
  region = "cn-north-4"
}

variable "instance_id" {
  type        = string
  description = "ID of the instance whose backup is restored into itself."
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

resource "huaweicloud_dcs_instance_restore" "redis" {
  instance_id = var.instance_id
  backup_id   = data.dcs_instance_backups.redis.latest_restorable.backup_id
  description = "restored by Terraform"

  lifecycle {
    # A change of backup_id replaces this resource, which restores again. Without this line the next automatic
    # backup would do that, unasked, in the next apply.
    ignore_changes = [backup_id]
  }
}
