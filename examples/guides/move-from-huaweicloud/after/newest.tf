data "dcs_instance_backups" "redis" {
  instance_id = var.instance_id
}

output "backup_to_restore" {
  value = data.dcs_instance_backups.redis.latest_restorable.backup_id
}
