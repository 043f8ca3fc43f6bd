#!/usr/bin/env bash
# The whole way in one minute: eight simulated communities, Tributary, and an app that is told of each document the
# moment it is known; then what a client that waits for everybody would have shown, measured by running one.
# Installs what is missing (Debian 12 or newer, Ubuntu 24.04), builds, runs, cleans up. Ends with status 0.
set -euo pipefail
cd "$(dirname "$0")/.."

criteria='DocumentReference?patient.given=bob&patient.family=smith'
programs=build/release/bin
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

title "1. Packages and build"
tools/install-packages.sh build
folder=$(mktemp -d "${TMPDIR:-/tmp}/tributary-demo.XXXXXX")
note "Building two programs; the first time this takes a few minutes."
build "$folder/build.log"

title "2. Eight communities and Tributary"
"$programs/partner-simulator" --profile sample --listen 127.0.0.1:0 --write-config "$folder/partners.toml" \
    >"$folder/simulator.out" 2>"$folder/simulator.err" </dev/null &
started+=($!)
wait_for "$folder/simulator.out" '^partner-simulator ready' $!

cat >"$folder/tributary.toml" <<TOML
partners_file = "partners.toml"
[server]
listen = "127.0.0.1:0"
[operations]
listen = "127.0.0.1:0"
[cache]
path = ":memory:"
TOML
"$programs/tributary" serve --config "$folder/tributary.toml" >"$folder/tributary.out" 2>"$folder/tributary.err" </dev/null &
started+=($!)
ready=$(wait_for "$folder/tributary.out" '^tributary ready' $!)
echo "$ready"
server=${ready#*fhir=}
server=${server%% *}

title "3. One Subscription: each document when it is known"
note "tributary watch '$criteria'"
"$programs/tributary" watch "$criteria" --server "$server"

title "4. The same question from a client that waits for everybody at each step"
python3 examples/wait_for_all.py "$folder/partners.toml" "$criteria"

title "Done."
note "Point it at your own FHIR servers: see README.md."
