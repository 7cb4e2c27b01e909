#!/bin/sh
# Runs each fuzz test of the repository for the time given, one after another: go test takes one at a time.
set -eu

fuzztime=$1
root=$PWD

find internal test tools -name '*_test.go' -exec grep -l '^func Fuzz' {} + | sort | while read -r file; do
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r name; do
		echo "$name ($file)"
		cd "$root/$(dirname "$file")"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$fuzztime" . </dev/null
	done
done
