variable "instance_id" {
  type = string
}

data "dcs_instance_backups" "manual" {
  instance_id = var.instance_id

  # All conditions must hold.
  filter {
    backup_type       = ["manual"]
    status            = ["succeed"]
    backup_name_regex = "^before-"
  }
}

output "manual_backups" {
  value = data.dcs_instance_backups.manual.backups[*].backup_name
}
