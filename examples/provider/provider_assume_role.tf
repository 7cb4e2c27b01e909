# Access key from the environment: HW_ACCESS_KEY and HW_SECRET_KEY.
provider "dcs" {
  region = "cn-north-4"

  assume_role {
    agency_name = "backup-reader"
    domain_name = "production-account"
    duration    = 3600 # seconds
  }
}
