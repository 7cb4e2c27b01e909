# Nothing is set here or in the environment, and the machine is an ECS with an agency.
provider "dcs" {
  region = "cn-north-4"
}
