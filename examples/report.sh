#!/bin/sh
# Stands for any program that takes its secrets from the environment. It tells that it has them, and
# not what they are.
set -eu

: "${DB_PASSWORD:?}" "${PROD_DB:?}"
echo "process $$ has a DB_PASSWORD of ${#DB_PASSWORD} characters and a PROD_DB of ${#PROD_DB}"
