data "dcs_project_backups" "all" {}

output "newest_restorable" {
  description = "The newest backup of each instance that can be restored, null where there is none."
  value = {
    for id, instance in data.dcs_project_backups.all.instances : id => {
      name      = instance.name
      backup_id = try(instance.latest_restorable.backup_id, null)
      at        = try(instance.latest_restorable.created_at, null)
    }
  }
}
