#!/usr/bin/env bash
# demo.sh [--data FOLDER|none]: the whole way in a minute. Two hundred simulated communities, Tributary, and an app that is told
# of each document the moment it is known; then what a client that waits for everybody at each step would have shown,
# measured by running one. Installs what is missing (Debian 12 or newer, Ubuntu 24.04), builds, runs, cleans up. Ends with
# status 0. With a folder of test data (default: ../shared/data, if it is there) ten communities hold the documents of
# Alice Newman; without one, the simulator's own documents of Bob Smith lie at five.
set -euo pipefail
data=
case "${1:-}" in
    '') ;;
    --data) data=${2:?--data needs a folder, or none} ;;
    *) echo "usage: $0 [--data FOLDER|none]" >&2; exit 2 ;;
esac
if [ -n "$data" ] && [ "$data" != none ]; then data=$(realpath "$data"); fi
cd "$(dirname "$0")/.."
if [ -z "$data" ] && [ -d ../shared/data ]; then data=$(realpath ../shared/data); fi

programs=${TRIBUTARY_PROGRAMS:-build/release/bin}   # set: take these, install and build nothing
divisor=10       # real communities take seconds, the slowest a minute: here a tenth of it
timeouts=(4 6)   # for a search of patients, and of documents; what is open after five seconds counts as late, and goes on
attempts=1       # what failed is asked again half a minute later: too late for a demo
if [ -n "$data" ] && [ "$data" != none ]; then
    network=(--profile default --data "$data")
    criteria='DocumentReference?patient.given=alice&patient.family=newman'
else
    network=(--profile sample --partners 200)
    criteria='DocumentReference?patient.given=bob&patient.family=smith'
fi
bold='' dim='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }

folder=
started=()
clean_up() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    if [ -n "$folder" ]; then rm -rf "$folder"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# wait_for FILE PATTERN PID: the first line of FILE that matches, once it is there.
wait_for() {
    local tries=0
    until grep -m1 -E "$2" "$1" 2>/dev/null; do
        if ! kill -0 "$3" 2>/dev/null || [ $((tries += 1)) -gt 400 ]; then
            echo "It did not start:" >&2
            cat "${1%.out}.err" >&2
            return 1
        fi
        sleep 0.05
    done
}

build() {
    cmake --preset release >"$1" 2>&1 || { cat "$1"; return 1; }
    if [ -t 1 ]; then
        NINJA_STATUS='  %f of %t  ' cmake --build --preset release --target tributary partner-simulator
        return
    fi
    NINJA_STATUS='%f/%t ' cmake --build --preset release --target tributary partner-simulator >"$1" 2>&1 &
    local compiler=$! seconds=0
    while kill -0 "$compiler" 2>/dev/null; do
        sleep 1
        if [ $((seconds += 1)) -ge 20 ]; then
            note "  still building: $(grep -oE '^[0-9]+/[0-9]+' "$1" | tail -n 1) steps"
            seconds=0
        fi
    done
    wait "$compiler" || { tail -n 40 "$1"; return 1; }
}

# expected SIMULATOR SERVER: says whether the app was told of exactly the documents that are this patient's.
expected() {
    python3 - "$1/oracle?criteria=${criteria//&/%26}" "$2/$criteria&_count=1000" <<'PYTHON'
import json, sys, urllib.request
oracle, found = (json.load(urllib.request.urlopen(url, timeout=20)) for url in sys.argv[1:])
truth = sorted(each["title"] for each in oracle["documents"])
told = sorted(each["resource"].get("description", "") for each in found["entry"] if each["resource"]["resourceType"] == "DocumentReference")
print(f"  The simulator, which knows the truth, expects {len(truth)} documents: " + ("exactly these." if told == truth else f"these are {len(told)}."))
PYTHON
}

folder=$(mktemp -d "${TMPDIR:-/tmp}/tributary-demo.XXXXXX")
title "1. Packages and build"
if [ -z "${TRIBUTARY_PROGRAMS:-}" ]; then
    tools/install-packages.sh build
    note "Building two programs; the first time this takes a few minutes."
    build "$folder/build.log"
fi

# figures FILE: the seconds to the first document, the last one, and the end, of the line that a summary is.
figures() { sed -nE 's/.*first after ([0-9.]+)s, last after ([0-9.]+)s.*; ([0-9.]+)s in all.*/\1 \2 \3/p' "$1"; }

# compare NAME FILE: a line of the table.
compare() {
    local first last end
    read -r first last end < <(figures "$2")
    printf '  %-32s %10.2f s %12.2f s %12.2f s\n' "$1" "$first" "$last" "$end"
}

title "2. Two hundred communities and Tributary"
"$programs/partner-simulator" "${network[@]}" --latency "$divisor" --listen 127.0.0.1:0 --write-config "$folder/partners.toml" \
    >"$folder/simulator.out" 2>"$folder/simulator.err" </dev/null &
started+=($!)
ready=$(wait_for "$folder/simulator.out" '^partner-simulator ready' $!)
simulator=${ready#*base=}
simulator=${simulator%% *}

cat >"$folder/tributary.toml" <<TOML
partners_file = "partners.toml"
[server]
listen = "127.0.0.1:0"
[operations]
listen = "127.0.0.1:0"
[cache]
path = ":memory:"
[discovery]
deadline = "5s"
[partner_defaults]
discovery_timeout = "${timeouts[0]}s"
query_timeout = "${timeouts[1]}s"
attempts = ${attempts}
TOML
"$programs/tributary" serve --config "$folder/tributary.toml" >"$folder/tributary.out" 2>"$folder/tributary.err" </dev/null &
started+=($!)
ready=$(wait_for "$folder/tributary.out" '^tributary ready' $!)
server=${ready#*fhir=}
server=${server%% *}
note "Each takes its time, a tenth of what real ones take; some are slow, some fail"
note "now and then, some are down."
echo "  partners   $simulator"
echo "  tributary  $server"

title "3. One Subscription: each document when it is known"
note "tributary watch '$criteria'"
"$programs/tributary" watch "$criteria" --server "$server" --summary "$folder/watch.txt"
expected "$simulator" "$server"

title "4. The same question from a client that waits for everybody at each step"
python3 examples/wait_for_all.py "$folder/partners.toml" "$criteria" --timeouts "${timeouts[@]}" --attempts "$attempts" --summary "$folder/wait.txt"

title "5. Side by side"
note "                                  first document  last document      all heard"
compare "Tributary" "$folder/watch.txt"
compare "a client that waits at each step" "$folder/wait.txt"

title "Done."
note "Point it at your own FHIR servers: see README.md."
