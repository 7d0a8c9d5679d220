#!/bin/sh
# Builds the container image of the Containerfile: a static pfx, and certificates.
#
#   packaging/image.sh [TAG] [BUILD-OPTION...]
#
# TAG is `localhost/pfx` by default. PFX names the static binary to use; without it one is built. ENGINE is the command that
# builds, by default podman if it exists, otherwise docker; CERTIFICATES is the file of certificates, by default
# that of this machine.
set -eu

main() {
  here=$(dirname "$0")
  source=$(cd "${here}/.." && pwd)
  tag=${1:-localhost/pfx}
  [ $# -eq 0 ] || shift
  engine=${ENGINE:-}
  if [ -z "${engine}" ]; then
    engine=docker
    if command -v podman > /dev/null; then
      engine=podman
    fi
  fi
  context=$(mktemp -d)
  trap 'rm -rf "${context}"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM

  "${here}/stage.sh" "${context}"
  install -m 0644 "${CERTIFICATES:-/etc/ssl/certs/ca-certificates.crt}" "${context}/ca-certificates.crt"
  # The caller may have chosen several words, such as `podman --root DIR`.
  # shellcheck disable=SC2086
  ${engine} build --file "${source}/Containerfile" --tag "${tag}" "$@" "${context}"
}

main "$@"
