# Without an endpoint: the provider is mocked, and nothing is sent.
#
#   terraform test -test-directory=mocks

mock_provider "dcs" {
  mock_data "dcs_instance_backups" {
    defaults = {
      # OpenTofu wants all fields of the object. Terraform makes up those that are left out.
      latest_restorable = {
        backup_id          = "newest"
        backup_name        = "backup_20240131200000"
        backup_type        = "auto"
        backup_format      = "rdb"
        instance_id        = "orders"
        size               = 880232
        period             = "20:00-21:00"
        created_at         = "2024-01-31T12:00:00Z"
        updated_at         = "2024-01-31T12:01:00Z"
        execution_at       = "2024-01-31T12:00:05Z"
        progress           = 100
        status             = "succeed"
        error_code         = null
        remark             = null
        is_support_restore = true
      }
    }
  }
}

variables {
  instance_id = "orders"
}

run "takes_the_newest_restorable_backup" {
  command = plan

  variables {
    max_age = "876000h" # the mock does not grow older
  }

  assert {
    condition     = output.backup_id == "newest"
    error_message = "Expected the mocked backup, got ${output.backup_id}."
  }
}

run "refuses_a_stale_backup" {
  command = plan

  expect_failures = [data.dcs_instance_backups.redis]
}
