#!/usr/bin/env bash
# Measures how long a run waits for a remote store, side by side with other programs that request the same.
#
#   benches/remote.sh [PART...]         prints a table for each part; all parts if none is named
#   benches/remote.sh --check [PART...] and exits with 1 if a goal is missed
#
# Parts: cloud1 (1, 10 and 100 secrets from a fake Prefect Cloud 1.x on loopback, against curl with the same
# request and the real client's Secret.get in one Python process); prefect3 (fifty secrets from a real
# Prefect 3 server on loopback, against curl with the same filter and the real client's Secret.load in one
# Python process).
#
# It builds the static release binary, unless PFX names one, and takes the real Prefect from PFX_TEST_PREFECT1
# and PFX_TEST_PREFECT3 (default: ~/.cache/pfx-tests/prefect-1 and prefect-3, which tests/run.sh creates). RUNS
# (20) and ROUNDS (5) set how often each command is started. This needs hyperfine, jq, curl and python3.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
runs=${RUNS:-20}
rounds=${ROUNDS:-5}
check=0
if [[ ${1:-} = --check ]]; then
  check=1
  shift
fi
parts=("$@")
[[ ${#parts[@]} -gt 0 ]] || parts=(cloud1 prefect3)
for tool in hyperfine jq curl python3; do
  command -v "${tool}" > /dev/null || { echo "benches/remote.sh: ${tool} was not found" >&2; exit 2; }
done

work=$(mktemp -d)
started=()
finish() {
  local pid
  for pid in "${started[@]}"; do
    kill "${pid}" 2> /dev/null || true
    wait "${pid}" 2> /dev/null || true
  done
  rm -rf "${work}"
}
trap finish EXIT

if [[ -z ${PFX:-} ]]; then
  "${here}/packaging/stage.sh" "${work}/stage"
  PFX=${work}/stage/bin/pfx
fi
missed=0

row() { printf '%-44s %11s %9s %9s  %s\n' "$@"; }

# Prints whether a figure meets its goal: measured goal.
verdict() {
  if jq -en "$1 <= $2" > /dev/null; then echo met; else echo MISSED; fi
}

# Runs the commands in rounds, one after the other in each, so that load on the machine affects all of them:
# name of the part, name of an array with the environment as `env` takes it, then the commands.
measure() {
  local part=$1 index round
  local -n surroundings=$2
  shift 2
  for ((round = 1; round <= rounds; round++)); do
    index=0
    for command in "$@"; do
      env -i "${surroundings[@]}" hyperfine -N --style none --warmup 2 --runs "${runs}" \
        --export-json "${work}/${part}-${index}-${round}.json" "${command}" > "${work}/log" 2>&1 || {
        cat "${work}/log" >&2
        exit 1
      }
      index=$((index + 1))
    done
  done
}

# Milliseconds: the median of all times of one command of a part.
median() {
  jq -s '[.[].results[0].times[]] | sort | .[length / 2 | floor] * 1000' "${work}/$1-$2"-*.json
}

# --- Prefect Cloud 1.x ---------------------------------------------------------------------------------

# Starts a fake API with a hundred secrets, which writes its address to its log: path of the log, then more options.
fake_cloud() {
  local log=$1
  shift
  python3 "${here}/tests/support/prefect-1-stub.py" --port 0 --stateful --state "${work}/cloud1/state.json" \
    --api-key KEY "$@" > "${log}" &
  started+=($!)
  until grep -q listening "${log}"; do sleep 0.05; done
}

part_cloud1() {
  local venv=${PFX_TEST_PREFECT1:-${HOME}/.cache/pfx-tests/prefect-1} home=${work}/cloud1 url logged count
  [[ -x ${venv}/bin/python ]] || { echo "benches/remote.sh: ${venv} has no Prefect" >&2; exit 2; }
  mkdir -p "${home}"
  jq -nc '{secrets: [range(100) | {key: "SECRET_\(.)", value: "correct-horse-battery-staple"}] | from_entries}' \
    > "${home}/state.json"
  fake_cloud "${home}/logging" --log "${home}/requests"
  fake_cloud "${home}/measured"
  logged=http://$(awk '{ print $NF }' "${home}/logging")
  url=http://$(awk '{ print $NF }' "${home}/measured")
  local clean=("PATH=/usr/bin:/bin" "HOME=${home}" PREFECT__CLOUD__API_KEY=KEY "PREFECT__CLOUD__API=${url}"
    PREFECT__CLOUD__USE_LOCAL_SECRETS=false LANG=C.UTF-8)
  echo
  echo "Prefect Cloud 1.x, fake; ${rounds} rounds of ${runs} runs"
  echo
  row '' median ratio goal verdict
  for count in 1 10 100; do
    local bindings=() index requests curl pfx python ratio result
    for ((index = 0; index < count; index++)); do bindings+=(-s "SECRET_${index}"); done
    # curl sends the same request as pfx: a single one, whatever the count.
    : > "${home}/requests"
    env -i "${clean[@]}" "PREFECT__CLOUD__API=${logged}" "${PFX}" run "${bindings[@]}" -- /bin/true
    requests=$(wc -l < "${home}/requests")
    [[ ${requests} -eq 1 ]] || { echo "benches/remote.sh: not one request" >&2; exit 1; }
    jq -j .body "${home}/requests" > "${home}/body-${count}"
    printf 'from prefect.client import Secret\nfor index in range(%d):\n    Secret(f"SECRET_{index}").get()\n' \
      "${count}" > "${home}/get-${count}.py"
    measure "cloud1-${count}" clean \
      "curl -fsS --compressed -o /dev/null -H Content-Type:application/json -H 'Authorization: Bearer KEY' -d @${home}/body-${count} ${url}" \
      "${PFX} run ${bindings[*]} -- /bin/true"
    local all_runs=${runs} all_rounds=${rounds}
    runs=3
    rounds=1
    measure "cloud1-python-${count}" clean "${venv}/bin/python -W ignore ${home}/get-${count}.py"
    runs=${all_runs}
    rounds=${all_rounds}
    curl=$(median "cloud1-${count}" 0)
    pfx=$(median "cloud1-${count}" 1)
    python=$(median "cloud1-python-${count}" 0)
    ratio=$(jq -n "${pfx} / ${curl}")
    result=$(verdict "${ratio}" 1.3)
    [[ ${result} = met ]] || missed=1
    row "curl, the request for ${count}" "$(printf '%.1f ms' "${curl}")" 1.00x '' ''
    row "pfx run, secrets: ${count}" "$(printf '%.1f ms' "${pfx}")" "$(printf '%.2fx' "${ratio}")" 1.3x "${result}"
    ratio=$(jq -n "${python} / ${pfx}")
    row "Python, Secret.get: ${count}" "$(printf '%.0f ms' "${python}")" "$(printf '%.0fx pfx' "${ratio}")" '' ''
  done
}

# --- Prefect 3 -----------------------------------------------------------------------------------------

part_prefect3() {
  local venv=${PFX_TEST_PREFECT3:-${HOME}/.cache/pfx-tests/prefect-3} port=${PORT:-14388} url home index
  [[ -x ${venv}/bin/prefect ]] || { echo "benches/remote.sh: ${venv} has no Prefect" >&2; exit 2; }
  url=http://127.0.0.1:${port}/api
  home=${work}/prefect3
  mkdir -p "${home}"
  # Without anything of the current user: a .env or a profile would change the server.
  (cd "${home}" && exec env -i "PATH=${venv}/bin:/usr/bin:/bin" "HOME=${home}" "PREFECT_HOME=${home}" \
    PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1 PREFECT_SERVER_LOGGING_LEVEL=WARNING \
    PREFECT_SERVER_REGISTER_BLOCKS_ON_START=false \
    "PREFECT_SERVER_DATABASE_CONNECTION_URL=sqlite+aiosqlite:///${home}/prefect.db" \
    "${venv}/bin/prefect" server start --host 127.0.0.1 --port "${port}" --no-ui --analytics-off \
    --no-services > "${home}/log" 2>&1 < /dev/null) &
  started+=($!)
  curl -fsS --retry 120 --retry-delay 1 --retry-connrefused --max-time 60 "${url}/ready" > /dev/null 2>&1 || {
    cat "${home}/log" >&2
    exit 1
  }
  ask() { curl -fsS -H 'Content-Type: application/json' "$@"; }
  ask -X POST "${url}/block_types/install_system_block_types" > /dev/null
  local type schema
  type=$(ask "${url}/block_types/slug/secret" | jq -r .id)
  schema=$(jq -n --arg type "${type}" '{limit: 1, block_schemas: {block_type_id: {any_: [$type]}}}' |
    ask -d @- "${url}/block_schemas/filter" | jq -r '.[0].id')
  local bindings=() names=()
  for ((index = 0; index < 50; index++)); do
    jq -n --arg type "${type}" --arg schema "${schema}" --arg name "secret-${index}" \
      '{name: $name, data: {value: "correct-horse-battery-staple"}, block_type_id: $type, block_schema_id: $schema}' |
      ask -d @- "${url}/block_documents/" > /dev/null
    bindings+=(-s "SECRET_${index}")
    names+=("secret-${index}")
  done
  jq -nc '{limit: 200, offset: 0, sort: "NAME_ASC", include_secrets: true,
    block_types: {slug: {any_: ["secret"]}}, block_documents: {name: {any_: $ARGS.positional}}}' \
    --args "${names[@]}" > "${home}/filter.json"
  cat > "${home}/load.py" << 'PYTHON'
from prefect.blocks.system import Secret
for index in range(50):
    Secret.load(f"secret-{index}").get()
PYTHON

  # shellcheck disable=SC2034 # measure reads it by its name
  local clean=("PATH=/usr/bin:/bin" "HOME=${home}" "PREFECT_API_URL=${url}" LANG=C.UTF-8)
  measure prefect3 clean \
    "curl -fsS --compressed -o /dev/null -H Content-Type:application/json -d @${home}/filter.json ${url}/block_documents/filter" \
    "${PFX} run ${bindings[*]} -- /bin/true"
  # A few runs are enough, because each takes seconds.
  local all_runs=${runs} all_rounds=${rounds}
  runs=3
  rounds=1
  measure python clean "${venv}/bin/python -W ignore ${home}/load.py"
  runs=${all_runs}
  rounds=${all_rounds}

  local curl pfx python ratio result version
  curl=$(median prefect3 0)
  pfx=$(median prefect3 1)
  python=$(median python 0)
  echo
  version=$("${venv}/bin/python" -c 'from importlib.metadata import version; print(version("prefect"))')
  echo "Prefect ${version}," \
    "50 secrets; ${rounds} rounds of ${runs} runs"
  echo
  row '' median ratio goal verdict
  row 'curl, the same filter' "$(printf '%.1f ms' "${curl}")" 1.00x '' ''
  ratio=$(jq -n "${pfx} / ${curl}")
  result=$(verdict "${ratio}" 1.2)
  [[ ${result} = met ]] || missed=1
  row 'pfx run, 50 secrets' "$(printf '%.1f ms' "${pfx}")" "$(printf '%.2fx' "${ratio}")" 1.2x "${result}"
  ratio=$(jq -n "${python} / ${pfx}")
  # The goal is a minimum here: how many times as long Python takes.
  result=$(verdict 50 "${ratio}")
  [[ ${result} = met ]] || missed=1
  row 'Python, Secret.load 50 times in one process' "$(printf '%.0f ms' "${python}")" \
    "$(printf '%.0fx pfx' "${ratio}")" '>= 50x' "${result}"
}

# --- all parts -----------------------------------------------------------------------------------------

read -r load _ < /proc/loadavg
jq -en "${load} < 0.7" > /dev/null || echo "the machine is busy (load ${load}): the figures are not reliable" >&2
uname -srm
"${PFX}" --version
for part in "${parts[@]}"; do
  declare -F "part_${part}" > /dev/null || { echo "benches/remote.sh: unknown part ${part}" >&2; exit 2; }
  "part_${part}"
done
[[ ${check} -eq 0 || ${missed} -eq 0 ]]
