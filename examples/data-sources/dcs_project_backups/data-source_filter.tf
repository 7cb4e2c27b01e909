data "dcs_project_backups" "production" {
  # Which instances are read. All conditions must hold.
  instance_filter {
    status     = ["RUNNING"]
    name_regex = "^prod-"
    tags = {
      environment = "prod"
    }
  }

  # Which of their backups count.
  filter {
    backup_type = ["auto"]
  }

  timeouts {
    read = "10m"
  }
}

output "kept_bytes" {
  value = sum(concat([0], values(data.dcs_project_backups.production.instances)[*].restorable_size))
}
