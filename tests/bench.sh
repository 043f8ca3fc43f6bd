#!/usr/bin/env bash
# The benchmarks: a table of ratios, each taken within one run (docs/benchmarks.md). Not part of tests/run.sh: a busy machine decides no test.
#
#   tests/bench.sh [--quick] [--json FILE] [a b c d e f g h i]
#
# Installs and builds what is missing. Status 1 when a target is missed.
set -euo pipefail
folder=$PWD
cd "$(dirname "$0")/.."

tools/install-packages.sh build >&2
cmake --preset release >/dev/null
cmake --build --preset release --target tributary partner-simulator \
    bench_crowd bench_discovery_memory bench_flood bench_get_client bench_group_commit bench_hook_latency >&2

cd "$folder"
exec python3 "$OLDPWD/tests/bench/run.py" "$@"
