#!/bin/bash
# systemd's own check of the unit that campaign/README.md shows, with the program that was built in its place.
# Usage: service_test.sh UNIT PROGRAM. Exit status 77: systemd-analyze is not here.
set -eu
command -v systemd-analyze > /dev/null || { echo "systemd-analyze is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed "s|/usr/bin/joulebench|$2|" "$1" > "$folder/joulebench-intake.service"
grep -q "ExecStart=$2 intake" "$folder/joulebench-intake.service"
said=$(systemd-analyze verify --man=no "$folder/joulebench-intake.service" 2>&1) || { echo "$said"; exit 1; }
# Complaints about the unit are warnings to it.
if grep -F joulebench-intake.service <<< "$said"; then exit 1; fi
