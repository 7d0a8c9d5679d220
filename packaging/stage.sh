#!/bin/sh
# Puts all files that are installed into a directory, with the layout they have under PREFIX: bin/ and share/.
#
#   packaging/stage.sh DIR
#
# Builds the static release binary, unless PFX names the binary to use. install.sh and the other scripts here
# use it.
set -eu

# The target to build for: this machine's, with a C library that can be linked statically.
target() {
  cargo_host=$(rustc -vV)
  printf '%s\n' "${cargo_host}" | sed -n 's/^host: //p'
}

# Builds the binary and prints its path.
build() {
  triple=$(target)
  # At fixed addresses: relocating a program of this size takes a twentieth of its start, and misses the goal of
  # benches/start.sh. Stack, mappings and the C library's heap are at random addresses even so.
  RUSTFLAGS="-C target-feature=+crt-static -C relocation-model=static" cargo build --release --locked --bin pfx \
    --manifest-path "${source}/Cargo.toml" --target "${triple}" >&2
  # CARGO_TARGET_DIR, a configuration file or a workspace may change the target directory.
  metadata=$(cargo metadata --locked --no-deps --format-version 1 --manifest-path "${source}/Cargo.toml")
  directory=$(printf '%s' "${metadata}" | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
  printf '%s/%s/release/pfx\n' "${directory}" "${triple}"
}

main() {
  if [ $# -ne 1 ]; then
    echo 'usage: packaging/stage.sh DIR' >&2
    exit 2
  fi
  stage=$1
  here=$(dirname "$0")
  source=$(cd "${here}/.." && pwd)
  binary=${PFX:-}
  if [ -z "${binary}" ]; then
    binary=$(build)
  fi

  mkdir -p "${stage}/bin" "${stage}/share/bash-completion/completions" \
    "${stage}/share/zsh/site-functions" "${stage}/share/fish/vendor_completions.d"
  install -m 0755 "${binary}" "${stage}/bin/pfx"
  for page in "${source}"/man/*.[1-9]; do
    section=${page##*.}
    mkdir -p "${stage}/share/man/man${section}"
    install -m 0644 "${page}" "${stage}/share/man/man${section}/"
  done
  "${stage}/bin/pfx" completions bash > "${stage}/share/bash-completion/completions/pfx"
  "${stage}/bin/pfx" completions zsh > "${stage}/share/zsh/site-functions/_pfx"
  "${stage}/bin/pfx" completions fish > "${stage}/share/fish/vendor_completions.d/pfx.fish"
  mkdir -p "${stage}/share/doc/pfx"
  for document in README.md CHANGELOG.md LICENSE LICENSE-MIT LICENSE-APACHE; do
    install -m 0644 "${source}/${document}" "${stage}/share/doc/pfx/"
  done
  # What README.md refers to.
  mkdir -p "${stage}/share/doc/pfx/docs/images"
  install -m 0644 "${source}"/docs/*.md "${stage}/share/doc/pfx/docs/"
  install -m 0644 "${source}"/docs/images/*.svg "${stage}/share/doc/pfx/docs/images/"
}

main "$@"
