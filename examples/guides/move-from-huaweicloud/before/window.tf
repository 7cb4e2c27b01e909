data "huaweicloud_dcs_backups" "december" {
  instance_id = var.instance_id
  begin_time  = "20231201000000"
  end_time    = "20231231235959"
}

output "december" {
  value = {
    for backup in data.huaweicloud_dcs_backups.december.backups : backup.id => {
      created = backup.begin_time
      done    = backup.end_time
      text    = backup.description == "" ? "no description" : backup.description
    }
  }
}
