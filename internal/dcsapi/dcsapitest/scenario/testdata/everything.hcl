region         = "eu-west-101"
path_prefix    = "/dcs-prefix"
order          = "shuffled"
empty_as       = "object"
token_lifetime = "24h"
key_lifetime   = "30s"

metadata {
  mode         = "v1"
  token_status = 405
}

domains {
  id   = "domain-a"
  name = "team-a"
}

domains {
  id   = "domain-b"
  name = "team-b"
}

projects {
  id        = "project-a"
  name      = "eu-west-101"
  domain_id = "domain-a"
}

projects {
  id        = "project-b"
  name      = "eu-west-101"
  domain_id = "domain-b"
  disabled  = true
}

keys {
  access_key = "AKPERMANENT"
  secret_key = "sk-1"
  domain_id  = "domain-a"
}

keys {
  access_key     = "AKTEMPORARY"
  secret_key     = "sk-2"
  security_token = "st-2"
  expires        = "1h"
  domain_id      = "domain-a"
}

users {
  id        = "user-1"
  name      = "ops"
  password  = "pw"
  domain_id = "domain-a"
}

tokens {
  token      = "token-1"
  project_id = "project-a"
  expires    = "2030-01-01T00:00:00Z"
  domain_id  = "domain-a"
}

agencies {
  name              = "reader"
  domain_id         = "domain-b"
  trusted_domain_id = "domain-a"
}

identity_providers {
  id        = "idp-1"
  id_tokens = ["id-token-1"]
  domain_id = "domain-a"
}

instances {
  id                    = "instance-1"
  project_id            = "project-a"
  name                  = "orders"
  status                = "FROZEN"
  engine                = "Memcached"
  engine_version        = "1.4"
  spec_code             = "spec"
  capacity              = 4
  capacity_minor        = ".5"
  created_at            = "-30d"
  enterprise_project_id = "enterprise-1"
  tags                  = { team = "", environment = "prod" }
  raw                   = { publicip_id = {} }

  backups {
    backup_id          = "backup-1"
    backup_name        = "nightly"
    backup_type        = "auto"
    backup_format      = "rdb"
    instance_id        = "instance-1"
    size               = 9007199254740993
    period             = "22:00-23:00"
    created_at         = "-26h"
    updated_at         = "-25h"
    execution_at       = null
    progress           = "100.00"
    status             = "succeed"
    error_code         = null
    remark             = null
    is_support_restore = true
    raw                = { size = "9007199254740993", a_new_field = [1, 2] }
    absent             = ["period"]
  }

  generate {
    count      = 5
    newest     = "-3d"
    interval   = "24h"
    types      = ["manual"]
    formats    = ["aof"]
    statuses   = ["failed", "expired"]
    huge_sizes = true
    seed       = 7
  }
}

generate {
  count      = 1
  backups    = 2
  project_id = "project-b"
  seed       = 3
}

faults {
  name      = "total-too-high"
  n         = 2
  operation = "ListBackupRecords"
  instance  = "instance-1"
}

faults {
  name        = "throttled"
  path        = "/v2/"
  from        = 3
  count       = 2
  retry_after = "1s"
  form        = "date"
  message     = "limit:200,time:5 minute"
}

faults {
  name    = "status"
  from    = 9
  status  = 503
  code    = "APIGW.0613"
  message = "IAM is unavailable"
  shape   = "gateway"
}

faults {
  name     = "clock-skew"
  from     = 20
  duration = "-3h"
}

faults {
  name     = "redirect"
  from     = 21
  location = "http://198.51.100.7/"
}

faults {
  name  = "total-value"
  from  = 22
  value = "[]"
}
