#!/bin/sh
# Builds the Debian package.
#
#   packaging/deb.sh [DIR]
#
# The package is written to DIR, by default the working directory, and its path to stdout. PFX names the static binary to
# package; without it one is built. This needs cargo-deb: `cargo install cargo-deb`.
set -eu

main() {
  out=${1:-.}
  mkdir -p "${out}"
  out=$(cd "${out}" && pwd)
  here=$(dirname "$0")
  source=$(cd "${here}/.." && pwd)
  # Cargo.toml refers to the files in this directory.
  rm -rf "${source}/target/stage"
  "${here}/stage.sh" "${source}/target/stage"
  cd "${source}"
  # The staged files are packaged unchanged: cargo-deb must not look for a binary that it would have built.
  cargo deb --quiet --no-build --no-strip --locked --output "${out}/"
}

main "$@"
