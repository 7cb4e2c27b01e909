data "dcs_project_backups" "all" {}

output "without_backup" {
  value = [
    for id, instance in data.dcs_project_backups.all.instances : id
    if instance.backup_supported && instance.latest_restorable == null
  ]
}

output "bytes" {
  value = { for id, instance in data.dcs_project_backups.all.instances : id => instance.restorable_size }
}
