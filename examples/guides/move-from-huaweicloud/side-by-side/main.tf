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

# Region and credentials of both come from HW_REGION_NAME, HW_ACCESS_KEY and HW_SECRET_KEY.
provider "dcs" {}

provider "huaweicloud" {}

resource "huaweicloud_dcs_backup" "before_migration" {
  instance_id   = var.instance_id
  backup_format = "rdb"
  description   = "before the migration"
}

data "dcs_instance_backups" "redis" {
  # Read after the backup has been made: the instance is known to the plan already, the backup is not.
  depends_on = [huaweicloud_dcs_backup.before_migration]

  instance_id = var.instance_id
}

variable "instance_id" {
  type = string
}

# The same question to both, while you compare.
data "huaweicloud_dcs_backups" "redis" {
  depends_on = [huaweicloud_dcs_backup.before_migration]

  instance_id = var.instance_id
}

output "difference" {
  description = "Backups that only one of the two providers lists."
  value = {
    only_dcs = setsubtract(
      data.dcs_instance_backups.redis.backups[*].backup_id,
      data.huaweicloud_dcs_backups.redis.backups[*].id,
    )
    only_huaweicloud = setsubtract(
      data.huaweicloud_dcs_backups.redis.backups[*].id,
      data.dcs_instance_backups.redis.backups[*].backup_id,
    )
  }
}
