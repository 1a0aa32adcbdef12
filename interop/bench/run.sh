#!/bin/sh
# Compares docket's raw log with Tessera's POSIX log under Tessera's load
# generator; see main.go. Arguments go to the program, such as -rounds 5.
set -eu
cd "$(dirname "$0")/.."
exec go run ./bench "$@"
