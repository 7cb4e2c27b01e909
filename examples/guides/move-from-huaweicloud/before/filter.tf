data "huaweicloud_dcs_backups" "manual" {
  instance_id        = var.instance_id
  name               = "before-migration"
  type               = "manual"
  status             = "succeed"
  is_support_restore = "TRUE"
}

output "manual_backups" {
  value = [for backup in data.huaweicloud_dcs_backups.manual.backups : backup.id]
}
