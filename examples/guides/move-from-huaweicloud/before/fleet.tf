data "huaweicloud_dcs_instances" "all" {}

data "huaweicloud_dcs_backups" "each" {
  for_each = { for instance in data.huaweicloud_dcs_instances.all.instances : instance.id => instance.name }

  instance_id        = each.key
  status             = "succeed"
  is_support_restore = "TRUE"
}

output "without_backup" {
  value = [
    for id, read in data.huaweicloud_dcs_backups.each : id
    if try(length(read.backups), 0) == 0
  ]
}

output "bytes" {
  value = { for id, read in data.huaweicloud_dcs_backups.each : id => sum(concat([0], read.backups[*].size)) }
}
