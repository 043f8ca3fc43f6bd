"""(c) how many documents a second pass through, and what a call costs, when partners answer at once."""
import json
import subprocess
import time

import gets
import process
from hooks import configuration
from rows import Row
from support import programs, web

DOCUMENTS = 50


def retrievals_open(server):
    return process.metric(web.get(f"{server.operations}/metrics").body.decode(), "tributary_retrievals_open")


def run(folder, patients, retrieve):
    """Seconds, CPU seconds of the server, and calls of `patients` Discoveries started together."""
    port = web.free_port()
    server = programs.Tributary(folder, configuration(port, retrieve=retrieve))
    try:
        before, began = process.cpu_seconds(server), time.monotonic()
        command = [programs.PROGRAMS / "bench_flood", "--server", server.fhir, "--port", str(port), "--patients", str(patients),
                   "--documents", str(DOCUMENTS)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
            if not flood.stdout.readline():
                raise RuntimeError("bench_flood failed")
            while retrieve == "eager" and retrievals_open(server):
                time.sleep(0.02)
            seconds, cpu = time.monotonic() - began, process.cpu_seconds(server) - before
            flood.stdin.close()
            return seconds, cpu, json.loads(flood.stdout.readline())["calls"]
    finally:
        server.stop()


def bare_call_seconds(quick):
    """CPU of one GET by our HTTP client alone, against a server that answers at once; None where there is no such server."""
    if not gets.BASELINES.is_dir():
        return None
    with subprocess.Popen([gets.latency_server(), "--latency-ms", "0"], stdout=subprocess.PIPE, text=True) as running:
        try:
            url = f"http://127.0.0.1:{int(running.stdout.readline())}/fhir/DocumentReference?patient=1"
            users, each = (20, 50) if quick else (50, 100)
            done = subprocess.run([programs.PROGRAMS / "bench_get_client", "--url", url, "--users", str(users), "--gets", str(each),
                                   "--at-once", "64"], capture_output=True, text=True, check=True)
        finally:
            running.terminate()
    return json.loads(done.stdout)["cpu_seconds"] / (users * each)


def throughput(folder, quick):
    patients = 20 if quick else 200
    made = []
    bare = bare_call_seconds(quick)
    for retrieve, what in (("off", "told"), ("eager", "told and retrieved")):
        seconds, cpu, calls = run(folder / retrieve, patients, retrieve)
        documents = patients * DOCUMENTS
        made.append(Row(f"documents {what}", documents / seconds, "/s", note=f"{documents} documents of {patients} patients, {calls} partner calls"))
        made.append(Row(f"CPU of a document {what}", cpu / documents, "s"))
        if retrieve == "eager":
            made.append(Row("CPU of a call, all included", cpu / calls, "s", bare, note="against a GET by our HTTP client alone" if bare else ""))
    return made
