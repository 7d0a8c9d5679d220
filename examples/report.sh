#!/bin/sh
# An example of a program that takes its secrets from the environment. It prints that it has them, but not
# their values.
set -eu

: "${DB_PASSWORD:?}" "${PROD_DB:?}"
echo "process $$ has a DB_PASSWORD of ${#DB_PASSWORD} characters and a PROD_DB of ${#PROD_DB}"
