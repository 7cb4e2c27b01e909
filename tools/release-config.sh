#!/bin/sh
# Prints .goreleaser.yml for one platform, e.g. linux_amd64. goreleaser archives all targets of its configuration, so that the
# other ones are left out.
set -eu

platform=$1

awk -v platform="$platform" '!/^      - [a-z]+_[a-z0-9]+$/ || $2 == platform' .goreleaser.yml
