data "dcs_project_backups" "last_day" {
  begin_time      = timeadd(plantimestamp(), "-24h")
  include_backups = true
}

output "failed_in_the_last_day" {
  value = flatten([
    for instance in data.dcs_project_backups.last_day.instances : [
      for backup in instance.backups : { instance = instance.name, at = backup.created_at, why = backup.error_code }
      if backup.status == "failed"
    ]
  ])
}
