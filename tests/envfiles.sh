#!/usr/bin/env bash
# Reads many texts with pfx and with python-dotenv, Node.js and npm's dotenv, and fails if pfx reads one differently.
#
#   tests/envfiles.sh [ROUNDS]     12000 texts in each round, from a different seed; by default 100 rounds
#
# tests/run.sh runs one round. It also sets up what this needs, as for all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
PFX_TEST_ENVFILES=${1:-100} cargo test --locked --test integration -- envfile::differential
