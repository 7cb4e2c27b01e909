terraform {
  required_providers {
    huaweicloud = {
      source = "huaweicloud/huaweicloud"
    }
  }
}

provider "huaweicloud" {
  region   = "cn-north-4"
  auth_url = "https://iam.cn-north-4.myhuaweicloud.com/v3"

  endpoints = {
    dcs = "https://dcs.cn-north-4.myhuaweicloud.com"
  }
}

variable "instance_id" {
  type = string
}
