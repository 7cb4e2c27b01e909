variable "token" {
  type      = string
  sensitive = true
}

provider "dcs" {
  region = "cn-north-4"
  token  = var.token
}
