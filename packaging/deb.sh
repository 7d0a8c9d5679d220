#!/bin/sh
# Makes the Debian package.
#
#   packaging/deb.sh [DIR]
#
# It is written into DIR, by default the working directory, and its path to stdout. PFX names a static binary
# that is to be packed; without it one is built. It needs cargo-deb: `cargo install cargo-deb`.
set -eu

main() {
  out=${1:-.}
  mkdir -p "${out}"
  out=$(cd "${out}" && pwd)
  here=$(dirname "$0")
  source=$(cd "${here}/.." && pwd)
  # Cargo.toml names the files there.
  rm -rf "${source}/target/stage"
  "${here}/stage.sh" "${source}/target/stage"
  cd "${source}"
  # What is there is packed as it is: cargo-deb must not look for a binary that it would have built.
  cargo deb --quiet --no-build --no-strip --locked --output "${out}/"
}

main "$@"
