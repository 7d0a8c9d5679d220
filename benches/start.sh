#!/usr/bin/env bash
# Measures how soon `pfx run` starts its command, against `env A=B /bin/true` on the same machine.
#
#   benches/start.sh              prints a table
#   benches/start.sh --check      and exits with 1 if a goal is missed
#   benches/start.sh --json FILE  and writes the figures, with the date and the machine, to FILE
#   benches/start.sh --chart      measures with LANG=C too, writes docs/images/start.json, and from it the chart
#                                 docs/images/start-*.svg and the figures in docs/performance.md
#
# It builds the static release binary, unless PFX names one. RUNS (50) and ROUNDS (20) set how often each
# command is started; a round starts all of them, so that load on the machine affects all of them.
# This needs hyperfine, jq, strace and GNU time, and --chart needs python3.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
runs=${RUNS:-50}
rounds=${ROUNDS:-20}
check=0
json=
tools=(hyperfine jq strace /usr/bin/time)
while [[ $# -gt 0 ]]; do
  case $1 in
    --check) check=1 ;;
    --json)
      json=$(realpath "${2:?}")
      shift
      ;;
    --chart)
      json=${here}/docs/images/start.json
      chart=${here}/docs/images/start
      tools+=(python3)
      ;;
    *)
      sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0" >&2
      exit 2
      ;;
  esac
  shift
done
for tool in "${tools[@]}"; do
  command -v "${tool}" > /dev/null || { echo "benches/start.sh: ${tool} was not found" >&2; exit 2; }
done

PFX=${PFX:-}
work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT

if [[ -z ${PFX} ]]; then
  "${here}/packaging/stage.sh" "${work}/stage"
  PFX=${work}/stage/bin/pfx
fi

# Creates a home whose config.toml has a number of secrets, written as a person writes them: number.
home() {
  mkdir -p "${work}/$1/.prefect"
  {
    echo '[context.secrets]'
    for ((number = 1; number <= $1; number++)); do
      echo "SECRET_${number} = \"correct-horse-battery-staple-${number}\""
    done
  } > "${work}/$1/.prefect/config.toml"
  chmod 600 "${work}/$1/.prefect/config.toml"
}
home 1
home 100
home 10000

# A repository whose project file binds a hundred secrets, and is trusted in the home with a hundred secrets.
mkdir -p "${work}/repository/.git" "${work}/repository/source"
{
  echo '[env]'
  for ((number = 1; number <= 100; number++)); do
    echo "VARIABLE_${number} = \"pfx://secret/SECRET_${number}\""
  done
} > "${work}/repository/pfx.toml"
HOME=${work}/100 "${PFX}" trust "${work}/repository/pfx.toml"

# The current user's variables are not passed, except for the language: env(1) loads a locale for every one
# except C.
clean=(env -i "PATH=${PATH}" "LANG=${LANG:-C.UTF-8}")

names=('env A=B /bin/true' '1 secret of 1' '100 secrets of 100' '1 secret of 10,000' 'pfx.toml, 100 bindings')
goals=(null 0.95 1.15 6 1.4)
commands=(
  "env A=B /bin/true"
  "${PFX} run -s SECRET_1 -- /bin/true"
  "${PFX} run -- /bin/true"
  "${PFX} run -s SECRET_5000 -- /bin/true"
  "${PFX} run -- /bin/true"
)
homes=(1 1 100 10000 100)
# The directory where each is started; the first four have no project file.
places=("${work}" "${work}" "${work}" "${work}" "${work}/repository/source")

read -r load _ < /proc/loadavg
jq -en "${load} < 0.7" > /dev/null || echo "the machine is busy (load ${load}): the figures are not reliable" >&2

for ((round = 1; round <= rounds; round++)); do
  for index in "${!commands[@]}"; do
    # -N: no shell between hyperfine and the command.
    cd "${places[index]}"
    "${clean[@]}" "HOME=${work}/${homes[index]}" hyperfine -N --style none --warmup 5 --runs "${runs}" \
      --export-json "${work}/${index}-${round}.json" "${commands[index]}" > "${work}/log" 2>&1 || {
      cat "${work}/log" >&2
      exit 1
    }
  done
done

# Milliseconds: the median of all times of one command.
median() {
  jq -s '[.[].results[0].times[]] | sort | .[length / 2 | floor] * 1000' "${work}/$1"-*.json
}

missed=0
row() { printf '%-24s %10s %10s %10s  %s\n' "$@"; }
verdict() { # measured goal
  if jq -en "$1 <= $2" > /dev/null; then echo met; else echo MISSED; fi
}

uname -srm
size=$(stat -c %s "${PFX}")
version=$("${PFX}" --version)
echo "${version}, ${size} bytes; ${rounds} rounds of ${runs} runs; LANG=${LANG:-C.UTF-8}"
echo
row '' median ratio goal verdict
base=$(median 0)
# One object of the JSON file for each command. Its range is from the 10th to the 90th percentile of the rounds: the ratio
# of the median of a round to the median of env in that round (for env itself, of all rounds).
figures() { # index time goal
  local rounds_of='[.[].results[0].times | sort | .[length / 2 | floor] * 1000]'
  local own env
  own=$(jq -sc "${rounds_of}" "${work}/$1"-*.json)
  env=$(jq -sc "${rounds_of}" "${work}"/0-*.json)
  [[ $1 -gt 0 ]] || env=$(jq -c --argjson base "${base}" 'map($base)' <<< "${env}")
  jq -n --arg name "${names[$1]}" --argjson time "$2" --argjson base "${base}" --argjson goal "$3" \
    --argjson own "${own}" --argjson env "${env}" '
      def short: . * 1000 | round / 1000;
      def at($share): .[(length - 1) * $share | round];
      [$own, $env] | transpose | map(.[0] / .[1]) | sort as $ratios
      | { name: $name, milliseconds: ($time | short), ratio: ($time / $base | short),
          low: ($ratios | at(0.1) | short), high: ($ratios | at(0.9) | short), goal: $goal }' \
    >> "${work}/figures"
}
for index in "${!commands[@]}"; do
  time=$(median "${index}")
  ratio=$(jq -n "${time} / ${base}")
  figures "${index}" "${time}" "${goals[index]}"
  if [[ ${index} -eq 0 ]]; then
    row "${names[0]}" "$(printf '%.3f ms' "${time}")" 1.00x '' ''
    continue
  fi
  result=$(verdict "${ratio}" "${goals[index]}")
  [[ ${result} = met ]] || missed=1
  row "${names[index]}" "$(printf '%.3f ms' "${time}")" "$(printf '%.2fx' "${ratio}")" \
    "${goals[index]}x" "${result}"
done

# What the kernel reports for the whole process, before and after exec.
cd "${work}"
one=("${clean[@]}" "HOME=${work}/1")
memory=$("${one[@]}" /usr/bin/time -f %M "${PFX}" run -s SECRET_1 -- /bin/true 2>&1 > /dev/null)
result=$(verdict "${memory}" 4096)
[[ ${result} = met ]] || missed=1
row 'peak memory, 1 secret' "${memory} KiB" '' '4096 KiB' "${result}"

"${one[@]}" strace -f -o "${work}/calls" "${PFX}" run -s SECRET_1 -- /bin/true
# Up to the second execve: after that it is /bin/true.
awk '/execve\(/ && ++seen == 2 { exit } { print }' "${work}/calls" > "${work}/own"
count() { grep -cE "$1" "${work}/own" || true; }
threads=$(count '(clone3?|fork|vfork)\(')
sockets=$(count '(socket|socketpair|connect)\(')
for pair in "threads:${threads}" "sockets:${sockets}"; do
  result=$(verdict "${pair#*:}" 0)
  [[ ${result} = met ]] || missed=1
  row "${pair%%:*}" "${pair#*:}" '' 0 "${result}"
done
calls=$(count .)
row 'system calls' "${calls}" '' '' ''

if [[ -n ${json} ]]; then
  processor=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
  cores=$(nproc)
  kernel=$(uname -sr)
  system=$(sed -n 's/^PRETTY_NAME="\(.*\)"$/\1/p' /etc/os-release)
  today=$(date -I)
  jq -s --arg date "${today}" --arg processor "${processor}" --argjson cores "${cores}" --arg kernel "${kernel}" \
    --arg system "${system}" --arg load "${load}" --arg pfx "${version}" --argjson bytes "${size}" \
    --arg language "${LANG:-C.UTF-8}" --argjson rounds "${rounds}" --argjson runs "${runs}" \
    --argjson memory "${memory}" --argjson threads "${threads}" --argjson sockets "${sockets}" \
    --argjson calls "${calls}" '
      { date: $date, machine: { processor: $processor, cores: $cores, kernel: $kernel, system: $system,
          load: ($load | tonumber) },
        pfx: $pfx, bytes: $bytes, language: $language, rounds: $rounds, runs: $runs, commands: .,
        memory_kib: $memory, threads: $threads, sockets: $sockets, system_calls: $calls }' \
    "${work}/figures" > "${json}"
fi
if [[ -n ${chart:-} ]]; then
  echo
  PFX=${PFX} LANG=C "${here}/benches/start.sh" --json "${work}/c.json"
  jq --slurpfile c "${work}/c.json" '. + { ratios_with_LANG_C: [$c[0].commands[1:][].ratio] }' "${json}" > "${work}/both.json"
  cp "${work}/both.json" "${json}"
  python3 "${here}/benches/chart.py" "${json}" "${chart}" "${here}/docs/performance.md"
fi

[[ ${check} -eq 0 || ${missed} -eq 0 ]]
