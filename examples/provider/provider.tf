terraform {
  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
  }
}

# Credentials come from the environment: HW_ACCESS_KEY and HW_SECRET_KEY.
provider "dcs" {
  region = "cn-north-4"
}

variable "instance_id" {
  type = string
}

data "dcs_instance_backups" "redis" {
  instance_id = var.instance_id
}

output "newest_restorable_backup" {
  value = data.dcs_instance_backups.redis.latest_restorable
}
