variable "password" {
  type      = string
  sensitive = true
}

provider "dcs" {
  region      = "cn-north-4"
  user_name   = "terraform"
  password    = var.password
  domain_name = "my-account"
}
