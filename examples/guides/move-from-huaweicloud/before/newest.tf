data "huaweicloud_dcs_backups" "redis" {
  instance_id        = var.instance_id
  status             = "succeed"
  is_support_restore = "TRUE"
}

locals {
  by_time = { for backup in data.huaweicloud_dcs_backups.redis.backups : backup.begin_time => backup.id... }
}

output "backup_to_restore" {
  value = local.by_time[reverse(sort(keys(local.by_time)))[0]][0]
}
