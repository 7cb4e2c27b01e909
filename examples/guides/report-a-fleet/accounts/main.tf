terraform {
  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
  }
}

# Each account has an agency "backup-reader" that trusts the account of the access key in the environment.
provider "dcs" {
  alias  = "shop"
  region = "cn-north-4"

  assume_role {
    agency_name = "backup-reader"
    domain_name = "shop-account"
  }
}

provider "dcs" {
  alias  = "payments"
  region = "cn-north-4"

  assume_role {
    agency_name = "backup-reader"
    domain_name = "payments-account"
  }
}

data "dcs_project_backups" "shop" {
  provider = dcs.shop
}

data "dcs_project_backups" "payments" {
  provider = dcs.payments
}

locals {
  accounts = {
    shop     = data.dcs_project_backups.shop.instances
    payments = data.dcs_project_backups.payments.instances
  }
}

output "without_restorable_backup" {
  description = "The instances of each account that have no backup to restore, by ID."
  value = {
    for account, instances in local.accounts : account => {
      for id, instance in instances : id => instance.name
      if instance.backup_supported && instance.latest_restorable == null
    }
  }
}
