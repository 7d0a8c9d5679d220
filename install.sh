#!/bin/sh
# Installs pfx: the program, its man pages, its documentation, and completions for bash, zsh and fish.
#
#   ./install.sh [--prefix DIR]                 builds this checkout (needs Rust) and installs it
#   ./install.sh [--prefix DIR] --from FILE     installs a tarball, verified with FILE.sha256
#   ./install.sh [--prefix DIR] --uninstall     removes what was installed, and nothing else
#
# DIR defaults to the variable PREFIX, or to /usr/local if that is not set. If DESTDIR is set, all files go below
# it, which is useful for packaging. Only cargo downloads anything.
set -eu

usage() {
  sed -n '2,/^set -eu/{/^#/{s/^# \{0,1\}//;p;};}' "$0"
}

fail() {
  printf 'install.sh: error: %s\n' "$1" >&2
  exit 1
}

# Creates a directory below the root with its parents, and records each one that did not exist.
make_directory() {
  [ ! -d "${root}/$1" ] || return 0
  case $1 in
    */*) make_directory "${1%/*}" ;;
    *) ;;
  esac
  mkdir "${root}/$1"
  note "directory $1"
}

# Adds a line to the list of what was installed, once.
note() {
  grep -qxF "$1" "${list}" || printf '%s\n' "$1" >> "${list}"
}

verify() {
  [ -f "$1" ] || fail "$1 does not exist"
  [ -f "$1.sha256" ] || fail "$1.sha256, which is needed to verify $1, does not exist"
  wanted=$(cut -d ' ' -f 1 "$1.sha256")
  sum=$(sha256sum "$1")
  [ "${sum%% *}" = "${wanted}" ] || fail "$1 does not match $1.sha256: nothing was installed"
  echo "verified $1"
}

# Copies a staged tree below the root. The list is written before the first file, so that an interrupted
# installation can be removed.
install_tree() {
  [ -x "$1/bin/pfx" ] || fail 'the tarball does not contain bin/pfx'
  list=${temporary}/list
  : > "${list}"
  if [ -f "${root}/${manifest}" ]; then
    cp "${root}/${manifest}" "${list}"
  fi
  (cd "$1" && find bin share -type f) | LC_ALL=C sort > "${temporary}/files"
  while IFS= read -r file; do
    if [ -e "${root}/${file}" ] && ! grep -qxF "file ${file}" "${list}"; then
      fail "${root}/${file} exists, but this script did not install it: move it away"
    fi
  done < "${temporary}/files"

  if [ ! -d "${root}" ]; then
    mkdir -p "${root}"
    note 'directory '
  fi
  make_directory "${manifest%/*}"
  note "file ${manifest}"
  while IFS= read -r file; do
    make_directory "${file%/*}"
    note "file ${file}"
  done < "${temporary}/files"
  install -m 0644 "${list}" "${root}/${manifest}"

  while IFS= read -r file; do
    mode=0644
    [ ! -x "$1/${file}" ] || mode=0755
    # Renamed into place: a running pfx keeps its file, and nobody can run an incomplete one.
    install -m "${mode}" "$1/${file}" "${root}/${file}.new"
    mv -f "${root}/${file}.new" "${root}/${file}"
    echo "installed ${root}/${file}"
  done < "${temporary}/files"
}

remove_all() {
  [ -f "${root}/${manifest}" ] || fail "this script has installed nothing in ${root}"
  cp "${root}/${manifest}" "${temporary}/list"
  # The list itself is removed last, so that an interrupted removal can be repeated.
  sed -n 's/^file //p' "${temporary}/list" | grep -vxF "${manifest}" | while IFS= read -r file; do
    [ ! -e "${root}/${file}" ] || echo "removed ${root}/${file}"
    rm -f "${root}/${file}" "${root}/${file}.new"
  done
  rm -f "${root}/${manifest}"
  # Deepest first; a directory with other files in it stays.
  sed -n 's/^directory //p' "${temporary}/list" | LC_ALL=C sort -r | while IFS= read -r directory; do
    rmdir "${root}/${directory}" 2> /dev/null || :
  done
}

main() {
  prefix=${PREFIX:-/usr/local}
  action=install
  tarball=
  while [ $# -gt 0 ]; do
    case $1 in
      --prefix | --from)
        [ $# -gt 1 ] || fail "$1 requires an argument"
        if [ "$1" = --from ]; then tarball=$2; else prefix=$2; fi
        shift
        ;;
      --uninstall) action=uninstall ;;
      -h | --help)
        usage
        exit 0
        ;;
      *)
        usage >&2
        exit 2
        ;;
    esac
    shift
  done
  case ${prefix} in
    /*) ;;
    *)
      here=$(pwd)
      prefix=${here}/${prefix}
      ;;
  esac
  root=${DESTDIR:-}${prefix}
  manifest=share/pfx/installed
  temporary=$(mktemp -d)
  trap 'rm -rf "${temporary}"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM

  if [ "${action}" = uninstall ]; then
    remove_all
    return
  fi
  if [ -n "${tarball}" ]; then
    verify "${tarball}"
    tar -xzf "${tarball}" -C "${temporary}"
    set -- "${temporary}"/pfx-*/
    install_tree "${1%/}"
  else
    if [ -z "${PFX:-}" ] && ! command -v cargo > /dev/null; then
      fail 'cargo, which builds pfx, was not found: install Rust from https://rustup.rs'
    fi
    here=$(dirname "$0")
    "${here}/packaging/stage.sh" "${temporary}/stage"
    install_tree "${temporary}/stage"
  fi
  case :${PATH}: in
    *:"${prefix}/bin":*) ;;
    *) echo "note: ${prefix}/bin is not in PATH" ;;
  esac
}

main "$@"
