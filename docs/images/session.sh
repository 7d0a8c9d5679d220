#!/usr/bin/env bash
# Draws a real terminal session with pfx as SVG pictures, one light and one dark.
#
#   docs/images/session.sh                                  writes session-light.svg and session-dark.svg here
#   docs/images/session.sh --output PREFIX                  writes PREFIX-light.svg and PREFIX-dark.svg
#   docs/images/session.sh --output PREFIX --command LINE   a picture of this command line; may be repeated
#   docs/images/session.sh --home new …                     in an empty home, without examples/config.toml
#
# PFX names the program to run; the default is the pfx in PATH. The session runs in bash, on a terminal of 80 columns,
# in a temporary home that the pictures show as /home/you. The same session gives the same bytes.
# This needs python3. `rsvg-convert -o FILE.png FILE.svg` makes a PNG.
set -euo pipefail

images=$(cd "$(dirname "$0")" && pwd)
home=example
output=${images}/session
session=(
  '# Store a secret once. It is not shown.'
  'pfx secret set API_KEY'
  '# Start a program with its secrets in the environment.'
  'pfx run -s API_KEY -s DB_PASSWORD -- python flow.py'
  '# If a secret is missing, the program is not started.'
  'pfx run -s API_KEY -s SLACK_URL -- python flow.py'
  '# See where each value comes from, without printing it.'
  'pfx check -s API_KEY -s DB_PASSWORD'
)
commands=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --command) commands+=("${2:?}") ;;
    --output) output=${2:?} ;;
    --home) home=${2:?} ;;
    *)
      sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done
[[ ${#commands[@]} -gt 0 ]] || commands=("${session[@]}")

pfx=$(command -v "${PFX:-pfx}") || { echo "docs/images/session.sh: ${PFX:-pfx} was not found" >&2; exit 2; }
pfx=$(realpath "${pfx}")
python=$(command -v python3) || { echo 'docs/images/session.sh: python3 was not found' >&2; exit 2; }

# As long as /home/you, so that pfx aligns and wraps its lines as it would there.
directory=$(mktemp -d /tmp/XXXX)
tools=$(mktemp -d)
trap 'rm -rf "${directory}" "${tools}"' EXIT
ln -s "${pfx}" "${tools}/pfx"
ln -s "${python}" "${tools}/python"
if [[ ${home} = example ]]; then
  mkdir -m 700 "${directory}/.prefect"
  install -m 600 "${images}/../../examples/config.toml" "${directory}/.prefect/config.toml"
  cat > "${directory}/flow.py" << 'END'
import os

lengths = {name: len(os.environ[name]) for name in ("API_KEY", "DB_PASSWORD")}
print("flow.py has", " and ".join(f"{name} ({length} characters)" for name, length in lengths.items()))
END
fi

"${python}" "${images}/session.py" "${directory}" "${tools}:/usr/bin:/bin" "${output}" "${commands[@]}"
