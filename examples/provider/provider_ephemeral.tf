# An ephemeral value is in no plan and in no state file.
variable "access_key" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "secret_key" {
  type      = string
  sensitive = true
  ephemeral = true
}

provider "dcs" {
  region     = "cn-north-4"
  access_key = var.access_key
  secret_key = var.secret_key
}
