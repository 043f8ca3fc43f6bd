#!/usr/bin/env bash
# Installs with apt what Tributary needs and a bare system lacks. Does nothing, and quickly, when everything is there.
#
#   tools/install-packages.sh [build] [test] [full]      (default: build)
#
# build: compiler, libraries and Python, enough for examples/demo.sh.   test: adds what the documents' commands use, a JDK and Maven for tests/hapi, and
# Python's venv for tests/clients. full: adds clang, clang-tidy and clang-format for the presets clang and tidy, and a browser.
# Node, of which tests/clients needs 20 or later, is not installed: Debian 12 has an older one.
# Debian 12 is the reference; "a|b" takes the first of the names that this release has (Debian 13, Ubuntu 24.04).
set -euo pipefail

build=(
    ca-certificates git g++ cmake ninja-build ccache pkg-config python3
    "libboost1.81-dev|libboost-dev" "libboost-url1.81-dev|libboost-url-dev"
    rapidjson-dev libsqlite3-dev libssl-dev zlib1g-dev libutf8proc-dev libxml2-dev
    libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev prometheus-cpp-dev catch2
)
test=(openssl curl sqlite3 "openjdk-17-jdk-headless|default-jdk-headless" maven python3-venv)
full=("clang-16" "libclang-rt-16-dev" "clang-tidy-19" "clang-format-19" chromium)

say() { printf '%s\n' "$*" >&2; }

wanted=()
for group in "${@:-build}"; do
    case "$group" in
        build) wanted+=("${build[@]}") ;;
        test) wanted+=("${build[@]}" "${test[@]}") ;;
        full) wanted+=("${build[@]}" "${test[@]}" "${full[@]}") ;;
        *) say "usage: $0 [build] [test] [full]"; exit 2 ;;
    esac
done

if ! command -v apt-get >/dev/null; then
    say "No apt-get here. Please install by hand what these Debian packages hold: ${wanted[*]}"
    exit 0
fi

declare -A here
while read -r name status; do [ "$status" = installed ] && here[$name]=yes; done \
    < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null)
installed() { [ -n "${here[$1]:-}" ]; }
available() { [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: \([^(].*\)/\1/p')" ]; }

# The first of "a|b" that is here or can be had; nothing when there is none.
choice() {
    local name
    for name in ${1//|/ }; do
        if [ "$1" = "$name" ] || installed "$name" || available "$name"; then
            printf '%s' "$name"
            return
        fi
    done
}

missing=()
for need in "${wanted[@]}"; do
    name=$(choice "$need")
    [ -n "$name" ] && installed "$name" || missing+=("$need")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        say "These packages are missing, and installing them needs root: ${missing[*]}"
        exit 1
    fi
    as_root=(sudo)
fi

say "Installing ${#missing[@]} packages: ${missing[*]}"
"${as_root[@]}" apt-get update -q </dev/null >&2
names=()
for need in "${missing[@]}"; do
    name=$(choice "$need")
    if [ -n "$name" ] && available "$name"; then
        names+=("$name")
    else
        say "This system offers none of: ${need//|/, }"
    fi
done
[ ${#names[@]} -gt 0 ] || exit 0
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${names[@]}" </dev/null >&2
