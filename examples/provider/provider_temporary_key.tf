variable "temporary_key" {
  type = object({
    access_key     = string
    secret_key     = string
    security_token = string
  })
  sensitive = true
}

provider "dcs" {
  region         = "cn-north-4"
  access_key     = var.temporary_key.access_key
  secret_key     = var.temporary_key.secret_key
  security_token = var.temporary_key.security_token
}
