"""(g) from the moment a partner writes its page to the moment the notification has arrived at a REST-hook receiver."""
import json
import subprocess

from rows import Row
from support import programs, web


def configuration(port, **discovery):
    """A server whose only partner is a program of ours at this port."""
    return {"server": {"listen": "127.0.0.1:0"}, "operations": {"listen": "127.0.0.1:0"}, "cache": {"path": "cache.db"},
            "delivery": {"allow_http": True, "allow_private_addresses": True}, "discovery": {"retrieve": "off", **discovery},
            "partner": [{"id": "p001", "fhir": f"http://127.0.0.1:{port}/partner/fhir", "name": "Benchmark", "max_concurrent": 64}]}


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
        for point in ("p50", "p99"):
            made.append(Row(f"{name}, {point}", measured[point] / 1e6, "s", baseline[point] / 1e6, most=1.5 if point == "p50" else None))
    return made
