#!/usr/bin/env bash
# Measures how soon static binaries of pfx start a command, against the first of them.
#
#   packaging/stage.sh OLD; git switch …; packaging/stage.sh NEW
#   benches/compare.sh OLD/bin/pfx NEW/bin/pfx…
#
# RUNS (30) and ROUNDS (20) set how often each is started. A round starts all of them in a random order, each from a
# fresh copy: the place of a file in the page cache makes a difference of 5 %. Give the first one twice to see how much
# is chance. This needs hyperfine and jq.
set -euo pipefail

if [[ $# -lt 2 ]]; then
  sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0" >&2
  exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT
binaries=()
for binary; do binaries+=("$(realpath "${binary}")"); done

for count in 1 100 10000; do
  mkdir -p "${work}/${count}/.prefect"
  {
    echo '[context.secrets]'
    for ((number = 1; number <= count; number++)); do
      echo "SECRET_${number} = \"correct-horse-battery-staple-${number}\""
    done
  } > "${work}/${count}/.prefect/config.toml"
  chmod 600 "${work}/${count}/.prefect/config.toml"
done
mkdir "${work}/project"
echo '[env]' > "${work}/project/pfx.toml"
for ((number = 1; number <= 100; number++)); do
  echo "VARIABLE_${number} = \"pfx://secret/SECRET_${number}\"" >> "${work}/project/pfx.toml"
  echo "VARIABLE_${number}=pfx://secret/SECRET_${number}" >> "${work}/env"
done
HOME=${work}/100 "${binaries[0]}" trust "${work}/project/pfx.toml" > /dev/null

names=('1 secret of 1' '100 secrets of 100' '1 secret of 10 000' 'pfx.toml with 100' 'env file with 100')
homes=(1 100 10000 100 100)
words=('-s SECRET_1' '' '-s SECRET_5000' '' "--env-file ${work}/env")
places=("${work}" "${work}" "${work}" "${work}/project" "${work}")

for ((round = 1; round <= ${ROUNDS:-20}; round++)); do
  shuffled=$(shuf -i "0-$(($# - 1))")
  mapfile -t order <<< "${shuffled}"
  for binary in "${order[@]}"; do
    rm -f "${work}/pfx-${binary}"
    cat "${binaries[binary]}" > "${work}/pfx-${binary}"
    chmod +x "${work}/pfx-${binary}"
  done
  for index in "${!names[@]}"; do
    commands=()
    for binary in "${order[@]}"; do
      commands+=(--command-name "${binary}" "${work}/pfx-${binary} run ${words[index]} -- /bin/true")
    done
    cd "${places[index]}"
    env -i "PATH=${PATH}" LANG=C.UTF-8 "HOME=${work}/${homes[index]}" hyperfine -N --style none --warmup 5 \
      --runs "${RUNS:-30}" --export-json "${work}/${index}-${round}.json" "${commands[@]}" > "${work}/log" 2>&1 || {
      cat "${work}/log" >&2
      exit 1
    }
  done
done

# Milliseconds: the median of all times of one binary.
median() { # case binary
  jq -s --arg binary "$2" '
    [.[].results[] | select(.command == $binary).times[]] | sort | .[length / 2 | floor] * 1000' "${work}/$1"-*.json
}
for index in "${!names[@]}"; do
  echo "${names[index]}"
  base=$(median "${index}" 0)
  for binary in "${!binaries[@]}"; do
    time=$(median "${index}" "${binary}")
    ratio=$(jq -n "${time} / ${base}")
    printf '  %8.3f ms  %.3fx  %s\n' "${time}" "${ratio}" "${binaries[binary]}"
  done
done
