variable "instance_id" {
  type = string
}

data "dcs_instance_backups" "elsewhere" {
  instance_id = var.instance_id
  region      = "ap-southeast-3"
  project_id  = "89abcdef0123456789abcdef01234567" # without it the project named ap-southeast-3 is looked up

  timeouts {
    read = "30s"
  }
}

output "kept" {
  value = "${length(data.dcs_instance_backups.elsewhere.backups)} of ${data.dcs_instance_backups.elsewhere.total_num}"
}
