data "dcs_project_backups" "all" {}

locals {
  oldest = timeadd(plantimestamp(), "-26h")

  # Also those without any backup, and those whose newest one has no time that can be read.
  stale = [
    for id, instance in data.dcs_project_backups.all.instances : "${coalesce(instance.name, "?")} (${id})"
    if instance.backup_supported && !try(timecmp(instance.latest_restorable.created_at, local.oldest) >= 0, false)
  ]
}

check "every_instance_has_a_fresh_backup" {
  assert {
    condition     = length(local.stale) == 0
    error_message = "These instances have no restorable backup younger than 26 hours: ${join(", ", local.stale)}."
  }
}
