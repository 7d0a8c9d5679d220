#!/bin/sh
# Builds pfx-VERSION-MACHINE.tar.gz and its .sha256, for `install.sh --from`.
#
#   packaging/tarball.sh [DIR]
#
# They are written to DIR, by default the working directory. PFX names the binary to package; without it the
# static release binary is built. The same files give the same tarball, byte for byte.
set -eu

main() {
  out=${1:-.}
  here=$(dirname "$0")
  temporary=$(mktemp -d)
  trap 'rm -rf "${temporary}"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM

  "${here}/stage.sh" "${temporary}/stage"
  version=$("${temporary}/stage/bin/pfx" --version)
  machine=$(uname -m)
  name=pfx-${version#pfx }-${machine}-linux
  mv "${temporary}/stage" "${temporary}/${name}"
  mkdir -p "${out}"
  # The tarball does not depend on the time and the users of this machine; ustar stores no other attributes.
  tar --create --directory "${temporary}" --sort=name --owner=0 --group=0 --numeric-owner \
    --mode=go-w --mtime="@${SOURCE_DATE_EPOCH:-0}" --format=ustar "${name}" |
    gzip --no-name --best > "${temporary}/${name}.tar.gz"
  (cd "${temporary}" && sha256sum "${name}.tar.gz" > "${name}.tar.gz.sha256")
  mv "${temporary}/${name}.tar.gz" "${temporary}/${name}.tar.gz.sha256" "${out}/"
  echo "${out}/${name}.tar.gz"
}

main "$@"
