variable "id_token_file" {
  type        = string
  description = "File in which the pipeline leaves its ID token, and replaces it before it runs out."
}

provider "dcs" {
  region = "cn-north-4"

  assume_role_with_oidc {
    idp_id        = "corporate-idp"
    id_token_file = var.id_token_file
    agency_name   = "backup-reader"
    domain_id     = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
  }
}
