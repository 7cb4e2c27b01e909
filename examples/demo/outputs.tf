output "newest_restorable" {
  description = "The backup to restore of each instance."
  value = {
    for id, instance in data.dcs_project_backups.all.instances : id => {
      name       = instance.name
      backup_id  = try(instance.latest_restorable.backup_id, null)
      created_at = try(instance.latest_restorable.created_at, null)
    }
  }
}

output "restorable_bytes" {
  description = "What the backups that can be restored take."
  value       = sum(concat([0], values(data.dcs_project_backups.all.instances)[*].restorable_size))
}

output "records" {
  description = "How many records of each status the instance has."
  value = {
    for status in distinct(data.dcs_instance_backups.search.backups[*].status) :
    status => length([for backup in data.dcs_instance_backups.search.backups : backup if backup.status == status])
  }
}
