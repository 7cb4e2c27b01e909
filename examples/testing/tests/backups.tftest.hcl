# Against the instances of ../scenario.json, which the local endpoint holds:
#
#   dcs-local -scenario scenario.json
#
# The variables that it prints make the provider use it. They are set where this runs:
#
#   terraform test

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

run "lists_the_instances_without_a_backup" {
  command = plan

  variables {
    instance_id = "healthy"
  }

  # Not the single-node instance, which cannot have backups.
  assert {
    condition     = jsonencode(output.without_backup) == jsonencode(["empty"])
    error_message = "Expected the instance that is empty, got ${jsonencode(output.without_backup)}."
  }
}

run "refuses_a_stale_backup" {
  command = plan

  variables {
    instance_id = "stale"
  }

  expect_failures = [data.dcs_instance_backups.redis]
}

run "accepts_an_older_backup_where_that_is_allowed" {
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
