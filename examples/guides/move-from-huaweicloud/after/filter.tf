data "dcs_instance_backups" "manual" {
  instance_id = var.instance_id

  filter {
    backup_name_regex  = "^before-migration$"
    backup_type        = ["manual"]
    status             = ["succeed"]
    is_support_restore = true
  }
}

output "manual_backups" {
  value = [for backup in data.dcs_instance_backups.manual.backups : backup.backup_id]
}
