#!/usr/bin/env bash
# Builds the fuzzers and runs each for a while, from what it knows already and the vectors of ../shared.
#
#   tests/fuzz/run.sh [SECONDS [NAME…]]     (default: 60, every fuzzer)
#
# What it has learnt stays in build/fuzz/corpus, what breaks something in build/fuzz/findings; then the status is 1. A finding becomes a test case.
set -uo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-60}
names=("${@:2}")
[ ${#names[@]} -gt 0 ] || names=(subscription criteria search_url socket_command http_acknowledgement)

cmake --preset fuzz >/dev/null && cmake --build --preset fuzz || exit 1
python3 tests/fuzz/seed.py build/fuzz/corpus

failed=()
for name in "${names[@]}"; do
    findings=build/fuzz/findings/$name
    mkdir -p "$findings"
    printf '=== %s, %s s\n' "$name" "$seconds"
    "build/fuzz/bin/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
        -artifact_prefix="$findings/" "build/fuzz/corpus/$name" 2>"$findings/log" || failed+=("$name")
    grep -E 'number_of_executed_units|new_units_added|SUMMARY|expected:|Test unit written' "$findings/log"
done
[ ${#failed[@]} -eq 0 ] && exit 0
echo "FOUND something: ${failed[*]}; see build/fuzz/findings"
exit 1
