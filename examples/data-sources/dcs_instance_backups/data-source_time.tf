variable "instance_id" {
  type = string
}

data "dcs_instance_backups" "last_day" {
  instance_id = var.instance_id
  begin_time  = timeadd(plantimestamp(), "-24h")
}

output "failed_in_the_last_day" {
  value = [
    for backup in data.dcs_instance_backups.last_day.backups : { at = backup.created_at, why = backup.error_code }
    if backup.status == "failed"
  ]
}
