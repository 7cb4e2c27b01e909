# Access key, region and project come from the profile in ~/.hcloud/config.json.
provider "dcs" {
  profile = "production"
}
