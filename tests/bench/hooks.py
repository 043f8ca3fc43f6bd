"""(g) from the unit of work that commits an Event to its receiver's 2xx, and from the moment a partner writes its page to the arrival."""
import contextlib
import json
import sqlite3
import subprocess

from rows import Row
from support import programs, web


def configuration(port, **discovery):
    """A server whose only partner is a program of ours at this port."""
    return {"server": {"listen": "127.0.0.1:0"}, "operations": {"listen": "127.0.0.1:0"}, "cache": {"path": "cache.db"},
            "delivery": {"allow_http": True, "allow_private_addresses": True}, "discovery": {"retrieve": "off", **discovery},
            "partner": [{"id": "p001", "fhir": f"http://127.0.0.1:{port}/partner/fhir", "name": "Benchmark", "max_concurrent": 64}]}


def from_commit(database, kind):
    """Seconds, sorted: from the moment a unit of work was asked for (its Event's time) to the 2xx, for the samples of that kind."""
    with contextlib.closing(sqlite3.connect(database)) as cache:
        took = cache.execute("SELECT (e.delivered_at - e.at) / 1e6 FROM event e JOIN subscription s ON s.sequence = e.subscription "
                             "WHERE e.delivered_at IS NOT NULL AND instr(s.resource, '/hook/' || ?)", (kind,))
        return sorted(seconds for seconds, in took)


def latency(folder, quick):
    port = web.free_port()
    server = programs.Tributary(folder, configuration(port))
    try:
        done = subprocess.run([programs.PROGRAMS / "bench_hook_latency", "--server", server.fhir, "--port", str(port), "--folder", folder,
                               "--samples", "40" if quick else "300"], capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"bench_hook_latency: {done.stderr[-2000:]}")
    finally:
        server.stop()
    told = json.loads(done.stdout.splitlines()[-1])
    rate = f"beside {told['events_per_second']:.0f} Events a second"
    made = []
    for kind, name in (("idle", "idle"), ("loaded", rate)):
        measured, baseline = told[kind]["measured"], told[kind]["baseline"]
        committed = from_commit(folder / "cache.db", kind)
        for point, share, most in (("p50", 0.5, 1.5), ("p99", 0.99, None)):
            bare = baseline[point] / 1e6
            made.append(Row(f"{name}, commit to 2xx, {point}", committed[int(len(committed) * share)], "s", bare, most=most))
            made.append(Row(f"{name}, page to arrival, {point}", measured[point] / 1e6, "s", bare))
    return made
