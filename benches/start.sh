#!/usr/bin/env bash
# Measures how soon `pfx run` starts its command, against `env A=B /bin/true` on the same machine.
#
#   benches/start.sh            prints a table
#   benches/start.sh --check    and exits with 1 if a goal is missed
#
# It builds the static release binary, unless PFX names one. RUNS (50) and ROUNDS (20) set how often each
# command is started; a round starts all of them, so that load on the machine affects all of them.
# This needs hyperfine, jq, strace and GNU time.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
runs=${RUNS:-50}
rounds=${ROUNDS:-20}
check=0
case ${1:-} in
  '') ;;
  --check) check=1 ;;
  *)
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0" >&2
    exit 2
    ;;
esac
for tool in hyperfine jq strace /usr/bin/time; do
  command -v "${tool}" > /dev/null || { echo "benches/start.sh: ${tool} was not found" >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf "${work}"' EXIT

if [[ -z ${PFX:-} ]]; then
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

names=('env A=B /bin/true' '1 secret of 1' '100 secrets of 100' '1 secret of 10 000' 'pfx.toml with 100')
goals=(1 0.95 1.15 6 1.4)
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
for index in "${!commands[@]}"; do
  time=$(median "${index}")
  ratio=$(jq -n "${time} / ${base}")
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

[[ ${check} -eq 0 || ${missed} -eq 0 ]]
