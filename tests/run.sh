#!/usr/bin/env bash
# Everything that has to pass before a change is done. From a clean clone on a bare Debian 12:
#
#   tests/run.sh           unit and component tests under ASan and UBSan, lint, the release programs as a user sees
#                          them, a short crash run, runs over 200 communities judged by the oracle, clients of other makers, and a real HAPI FHIR server
#   tests/run.sh --full    also ThreadSanitizer, clang, clang-tidy, each header by itself, the component tests 50 times,
#                          200 crashes, 20 seeds of each run over 200 communities, a browser, tools of other makers, a minute of each fuzzer
#
# Ends with one line "N passed, N failed, N skipped", and with status 0 only when nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."
exec </dev/null

full=no
case "${1:-}" in
    '') ;;
    --full) full=yes ;;
    *) echo "usage: $0 [--full]" >&2; exit 2 ;;
esac

results=build/test-results
rm -rf "$results"
mkdir -p "$results"
started=$SECONDS
broken=()

# step NAME COMMAND…: runs it, says how long it took, remembers whether it failed.
step() {
    local name=$1 begin=$SECONDS
    shift
    printf '\n=== %s\n' "$name"
    if "$@"; then
        printf '=== %s: done in %d s\n' "$name" $((SECONDS - begin))
        return 0
    fi
    broken+=("$name")
    printf '=== %s: FAILED after %d s\n' "$name" $((SECONDS - begin))
    return 1
}

# workflow NAME PRESET: a workflow preset; its cases are counted from what ctest wrote.
workflow() {
    rm -f "build/${2%% *}/test-results.xml"
    step "$2" cmake --workflow --preset "$1"
    local status=$?
    cp -f "build/${2%% *}/test-results.xml" "$results/$1.xml" 2>/dev/null
    return $status
}

release_programs() {
    local programs=(tributary partner-simulator kill_at_write)
    [ "$full" = yes ] && programs+=(websocket-echo bench_crowd bench_discovery_memory bench_flood bench_get_client bench_group_commit bench_hook_latency)
    nice -n 19 cmake --preset release && nice -n 19 cmake --build --preset release --target "${programs[@]}"
}
built() { wait "$release" || { tail -n 60 "$results/release.log"; return 1; }; }

install_packages() {
    if [ "$full" = yes ]; then tools/install-packages.sh full; else tools/install-packages.sh test; fi
}

repeat_component_tests() {
    ctest --preset dev -L component --no-tests=error --repeat until-fail:50 --output-on-failure
}

tidy() { cmake --preset tidy && cmake --build --preset tidy; }

step "packages" install_packages || exit 1

# These mostly wait for the network, so they work beside the compiler; what they cannot get is skipped, loudly.
tests/hapi/build.sh >"$results/hapi-build.log" 2>&1 &
maven=$!
clients=(clients)
[ "$full" = yes ] && clients+=(tools)
tests/clients/install.sh "${clients[@]}" 2>"$results/clients.log" &
installing=$!

# Much of what ctest runs waits: the release programs are built in its shadow.
release_programs >"$results/release.log" 2>&1 &
release=$!

workflow check "dev (ASan, UBSan)"
if step "release programs" built; then
    step "acceptance" python3 tests/acceptance/run.py --summary "$results/acceptance.txt"
    runs=10
    [ "$full" = yes ] && runs=200
    step "crash, $runs times" python3 tests/acceptance/crash.py --runs "$runs" --summary "$results/crash.txt"
    points=20
    [ "$full" = yes ] && points=400
    step "death at $points write points" python3 tests/acceptance/write_points.py --runs "$points" --summary "$results/write-points.txt"
    for fail in off on; do
        seeds=1..2
        [ "$fail" = on ] && seeds=1..1
        [ "$full" = yes ] && seeds=1..20
        for acceptance in strict search; do
            step "oracle, seeds $seeds, faults $fail, acceptance $acceptance" python3 tests/acceptance/oracle.py --seeds "$seeds" --fail "$fail" \
                --acceptance "$acceptance" --summary "$results/oracle-$fail-$acceptance.txt"
        done
    done
    wait "$installing" || cat "$results/clients.log"
    others=(test_habits test_python test_javascript)
    [ "$full" = yes ] && others=()
    step "clients of other makers" python3 tests/clients/run.py --summary "$results/clients.txt" "${others[@]}"
    wait "$maven" || { echo; echo "!!! The HAPI project could not be built:"; tail -n 5 "$results/hapi-build.log"; }
    step "HAPI" python3 tests/hapi/run.py --summary "$results/hapi.txt"
fi
if [ "$full" = yes ]; then
    workflow check-tsan "tsan"
    workflow check-clang "clang"
    step "clang-tidy" tidy
    step "headers by themselves" cmake --workflow --preset check-headers
    step "component tests 50 times" repeat_component_tests
    step "fuzzers, a minute each" tests/fuzz/run.sh 60
fi
wait

printf '\n%d s in all\n' $((SECONDS - started))
[ ${#broken[@]} -eq 0 ] || printf 'FAILED: %s\n' "${broken[@]}"
python3 tests/support/total.py "$results" "${#broken[@]}"
