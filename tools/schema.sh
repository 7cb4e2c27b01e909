#!/bin/sh
# Prints the schema of a built provider under the name by which tfplugindocs looks for it.
set -eu

cli=$1
provider=$2
address=$3

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

cp "$provider" "$dir/terraform-provider-dcs"
cat >"$dir/main.tf" <<EOF
terraform {
  required_providers {
    dcs = {
      source = "$address"
    }
  }
}
EOF
cat >"$dir/cli.tfrc" <<EOF
provider_installation {
  dev_overrides {
    "$address" = "$dir"
  }
}
EOF
TF_CLI_CONFIG_FILE=$dir/cli.tfrc "$cli" -chdir="$dir" providers schema -json >"$dir/schema.json"
sed "s|\"$address\"|\"dcs\"|" "$dir/schema.json"
