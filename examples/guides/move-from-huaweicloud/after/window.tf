data "dcs_instance_backups" "december" {
  instance_id = var.instance_id
  begin_time  = "20231201000000"
  end_time    = "20231231235959"
}

output "december" {
  value = {
    for backup in data.dcs_instance_backups.december.backups : backup.backup_id => {
      created = backup.created_at
      done    = backup.updated_at
      text    = backup.remark == null ? "no description" : backup.remark
    }
  }
}
