#!/usr/bin/env bash
# Sets up everything that the tests need on a fresh Debian 12, and runs all of them.
#
#   tests/run.sh [TEST-ARGUMENT...]     such as: tests/run.sh manual::
#
# Missing packages of Debian are installed (as root, or with sudo if it needs no password). Python environments with the
# real Prefect 1.4.1, 2.20.26 and 3.8.8, cargo-deb, the C library of Debian 13 and npm's dotenv are stored in
# PFX_TEST_CACHE, by default ~/.cache/pfx-tests. Nothing else on the machine is changed. Rust (https://rustup.rs) and
# Node.js 20.12 or later with npm must be installed.
#
# The tests find these by variables: PFX_TEST_PREFECT1, _PREFECT2 and _PREFECT3 (directories of those environments),
# PFX_TEST_STATIC (the static release binary), PFX_TEST_TRIXIE (a root directory of Debian 13), PFX_TEST_CARGO_DEB (the
# directory of cargo-deb) and PFX_TEST_NODE_MODULES (the directory of npm's dotenv).
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
cd "${here}"
cache=${PFX_TEST_CACHE:-${HOME}/.cache/pfx-tests}

packages=(
  bash-completion busybox-static ca-certificates curl dash faketime fish gcc groff hyperfine iproute2 jq
  ksh93u+m libc6-dev man-db mandoc mksh mmdebstrap podman procps python3 python3-venv python3-yaml runc shellcheck strace
  systemd time tmux util-linux zsh
)

say() { printf 'tests/run.sh: %s\n' "$1"; }
fail() {
  printf 'tests/run.sh: error: %s\n' "$1" >&2
  exit 1
}

# Installs the packages that are missing.
packages() {
  local known missing=() package user install
  known=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2> /dev/null) ||
    fail "this is not Debian: install by hand ${packages[*]}, and see CONTRIBUTING.md"
  for package in "${packages[@]}"; do
    grep -qxF "${package} installed" <<< "${known}" || missing+=("${package}")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "installing ${missing[*]}"
  install=(env DEBIAN_FRONTEND=noninteractive apt-get)
  user=$(id -u)
  if [[ ${user} -ne 0 ]]; then
    sudo -n true 2> /dev/null ||
      fail "not root, and these are missing: apt-get install --no-install-recommends ${missing[*]}"
    install=(sudo -n "${install[@]}")
  fi
  "${install[@]}" -qq update
  "${install[@]}" -qq install --no-install-recommends --yes "${missing[@]}" > /dev/null
}

# Creates a Python environment with one version of Prefect: name, version, further requirements.
environment() {
  local directory=${cache}/$1 version=$2 lock=${here}/tests/data/$1.lock found
  shift 2
  # pip installs a package after its dependencies: if Prefect is installed, they are too.
  found=$("${directory}/bin/python" -c \
    'from importlib.metadata import version; print(version("prefect"))' 2> /dev/null) || found=
  [[ ${found} != "${version}" ]] || return 0
  say "creating ${directory}"
  rm -rf "${directory}"
  mkdir -p "${cache}"
  python3 -m venv "${directory}"
  "${directory}/bin/pip" install --quiet --no-input --disable-pip-version-check \
    --constraint "${lock}" "prefect==${version}" "$@"
}

# npm's reader of dotenv files.
node_dotenv() {
  local directory=${cache}/node version=$1 found
  found=$(jq -r .version "${directory}/node_modules/dotenv/package.json" 2> /dev/null) || found=
  [[ ${found} != "${version}" ]] || return 0
  say "installing npm's dotenv in ${directory}"
  mkdir -p "${directory}"
  npm install --silent --no-save --no-audit --no-fund --prefix "${directory}" "dotenv@${version}" > /dev/null
}

# Unpacks a newer C library than this machine's, with its plug-ins for host names. This takes seven seconds, once.
trixie() {
  local directory=${cache}/trixie
  [[ ! -e ${directory}/complete ]] || return 0
  say "unpacking Debian 13 into ${directory}"
  rm -rf "${directory}"
  mkdir -p "${cache}"
  # Only the tests run anything in it, so no package is configured and no mount is needed.
  mmdebstrap --quiet --mode=root --variant=extract --format=directory \
    --include=base-files,libc6,libnss-myhostname,libnss-mymachines,libnss-resolve \
    trixie "${directory}" http://deb.debian.org/debian
  rm -rf "${directory}"/usr/share/{doc,locale,man}
  printf 'hosts: files mymachines resolve [!UNAVAIL=return] myhostname dns\n' > "${directory}/etc/nsswitch.conf"
  touch "${directory}/etc/hosts" "${directory}/etc/resolv.conf" "${directory}/complete"
}

command -v cargo > /dev/null || fail 'cargo was not found: install Rust from https://rustup.rs'
command -v npm > /dev/null || fail 'npm was not found: install Node.js 20.12 or later with npm'
packages
# Prefect 1.4.1 needs pkg_resources, which setuptools no longer contains.
environment prefect-1 1.4.1 'setuptools<70'
# Its server does not start with a newer FastAPI.
environment prefect-3 3.8.8 'fastapi<0.151'
node_dotenv 16.6.1
# The previous major version, with the same limit.
environment prefect-2 2.20.26 'fastapi<0.151'
# This takes a minute and a half on two cores, once.
if [[ ! -x ${cache}/cargo-deb/bin/cargo-deb ]]; then
  say 'building cargo-deb'
  cargo install --quiet --locked --root "${cache}/cargo-deb" cargo-deb@3.8.0
fi

user=$(id -u)
if [[ ${user} -ne 0 ]]; then
  say 'not root: tests that need namespaces of their own (systemd, containers, full disks) are skipped'
else
  trixie
  # Nothing is missing, so no test may be skipped.
  export PFX_TEST_COMPLETE=1
fi

# Everything that the tests create is below this directory, and is found by its path, which is unique.
work=$(mktemp -d "${TMPDIR:-/tmp}/pfx-tests.XXXXXXXX")
trap 'rm -rf --one-file-system "${work}"' EXIT
# Some tests run as other users.
chmod 755 "${work}"
mkdir "${work}/tmp"
say 'building the static release binary'
"${here}/packaging/stage.sh" "${work}/stage"

# Lists the processes that run in the directory, or have its path in their environment or arguments.
processes() {
  local process places words
  for process in /proc/[0-9]*; do
    places=$(readlink "${process}"/{cwd,exe,root} 2> /dev/null) || true
    if [[ ${places} == *"${work}"* ]] || grep -qsF -- "${work}" "${process}"/{environ,cmdline}; then
      words=$(tr '\0' ' ' 2> /dev/null < "${process}/cmdline") || true
      printf '%s %s\n' "${process#/proc/}" "${words}"
    fi
  done
}

# Lists the processes, mounts and files that the tests left behind, and removes them.
leftovers() {
  local running mounts files process mount _
  # A process that was killed may take a moment to disappear.
  for _ in {1..50}; do
    running=$(processes)
    [[ -n ${running} ]] || break
    sleep 0.1
  done
  while read -r process _; do
    [[ -z ${process} ]] || kill -KILL "${process}" 2> /dev/null || true
  done <<< "${running}"
  mounts=$(awk -v work="${work}/" 'index($5, work) == 1 { print $5 }' /proc/self/mountinfo)
  while read -r mount; do
    [[ -z ${mount} ]] || umount --lazy "${mount}"
  done <<< "${mounts}"
  files=$(find "${work}/tmp" -mindepth 1 -maxdepth 1)
  printf '%s' "${running:+processes:
${running}
}${mounts:+mounts:
${mounts}
}${files:+files:
${files}
}"
}

export PFX_TEST_NODE_MODULES=${cache}/node/node_modules
export PFX_TEST_PREFECT1=${cache}/prefect-1
export PFX_TEST_PREFECT2=${cache}/prefect-2
export PFX_TEST_PREFECT3=${cache}/prefect-3
export PFX_TEST_CARGO_DEB=${cache}/cargo-deb/bin
export PFX_TEST_STATIC=${work}/stage/bin/pfx
export PFX_TEST_TRIXIE=${cache}/trixie
# The tests must not see the current user's variables.
for variable in "${!PFX_@}" "${!PREFECT_@}"; do
  [[ ${variable} == PFX_TEST_* ]] || unset "${variable}"
done
say 'running the tests'
status=0
TMPDIR=${work}/tmp cargo test --locked --no-fail-fast -- "$@" || status=$?
left=$(leftovers)
[[ -z ${left} ]] || fail "the tests left behind
${left}"
exit "${status}"
