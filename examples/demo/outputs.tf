output "newest_restorable" {
  description = "The backup to restore of each instance, null where there is none."
  value = {
    for name, backup in local.newest : name => backup == null ? null : {
      backup_id  = backup.backup_id
      created_at = backup.created_at
      size       = backup.size
    }
  }
}

output "total_size" {
  description = "Bytes in all backups that are kept."
  value = sum(concat([0], flatten([
    for read in data.dcs_instance_backups.fleet : [
      for backup in read.backups : backup.size if backup.status == "succeed" && backup.size != null
    ]
  ])))
}
