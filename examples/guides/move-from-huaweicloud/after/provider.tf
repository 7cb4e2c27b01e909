terraform {
  required_providers {
    dcs = {
      source = "terraform.local/dcs/dcs"
    }
  }
}

provider "dcs" {
  region = "cn-north-4"

  endpoints = {
    dcs = "https://dcs.cn-north-4.myhuaweicloud.com"
    iam = "https://iam.cn-north-4.myhuaweicloud.com/v3"
  }
}

variable "instance_id" {
  type = string
}
