#!/usr/bin/env bash
# Reads many texts with pfx and with python-dotenv, Node.js and npm's dotenv, and fails if pfx reads one otherwise.
#
#   tests/envfiles.sh [ROUNDS]     12000 texts a round, from another seed each; by default 100 rounds
#
# tests/run.sh does one round. The environment is set up by it, as for all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
PFX_TEST_ENVFILES=${1:-100} cargo test --locked --test integration -- envfile::differential
