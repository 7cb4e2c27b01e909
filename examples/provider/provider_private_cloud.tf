variable "cacert_file" {
  type        = string
  description = "PEM file with the certificate of the cloud's own authority."
}

provider "dcs" {
  region      = "region-1"
  project_id  = "0123456789abcdef0123456789abcdef"
  cacert_file = var.cacert_file

  endpoints = {
    dcs = "https://dcs.{region}.cloud.example.com"
    iam = "https://iam.cloud.example.com:31943/v3"
    sts = "https://gateway.example.com/{region}/sts"
  }
}
