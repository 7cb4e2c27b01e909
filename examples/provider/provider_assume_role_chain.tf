# Access key from the environment: HW_ACCESS_KEY and HW_SECRET_KEY.
provider "dcs" {
  region = "cn-north-4"

  # First into the account that holds the agencies ...
  assume_role {
    agency_name = "pipelines"
    domain_id   = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
  }

  # ... and with its credentials into the account that holds the instances.
  assume_role {
    agency_name = "backup-reader"
    domain_id   = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
  }
}
