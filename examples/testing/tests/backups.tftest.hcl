# Against the instances of ../scenario.json:
#
#   dcs-local -scenario scenario.json        prints the variables to export, TF_VAR_dcs_endpoint among them
#   terraform test

variables {
  dcs_endpoint = "http://127.0.0.1:8484" # TF_VAR_dcs_endpoint wins
}

provider "dcs" {
  endpoints = {
    dcs = var.dcs_endpoint
    iam = var.dcs_endpoint
  }
}

run "takes_the_newest_backup" {
  command = plan

  variables {
    instance_id = "healthy"
  }

  assert {
    condition     = output.backup_id == "newest"
    error_message = "Expected the newest backup, got ${output.backup_id}."
  }
}

run "refuses_a_stale_backup" {
  command = plan

  variables {
    instance_id = "stale"
  }

  expect_failures = [data.dcs_instance_backups.redis]
}

run "accepts_a_stale_backup_where_that_is_allowed" {
  command = plan

  variables {
    instance_id = "stale"
    max_age     = "48h"
  }
}

run "refuses_an_instance_without_backups" {
  command = plan

  variables {
    instance_id = "empty"
  }

  expect_failures = [data.dcs_instance_backups.redis]
}
