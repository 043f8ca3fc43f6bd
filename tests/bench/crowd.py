"""(i) thousands of idle WebSockets, and REST-hook endpoints of which some hang and some fail: what that costs those that answer."""
import json
import subprocess

from hooks import configuration
from idle_sockets import IdleSockets, subscribe
from memory import at_rest
from rows import Row
from support import programs, web

SOCKET_BYTES = 20_000


def start(server, port, folder, endpoints, bad, events):
    """bench_crowd, listening: it goes on when it reads a line."""
    command = [programs.PROGRAMS / "bench_crowd", "--server", server.fhir, "--port", port, "--endpoints", endpoints, "--hanging", bad,
               "--failing", bad, "--events", events]
    with open(folder / "crowd.err", "wb") as errors:
        crowd = subprocess.Popen([str(each) for each in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
    if crowd.stdout.readline() != "ready\n":
        raise RuntimeError(f"bench_crowd: {(folder / 'crowd.err').read_text()}")
    return crowd


def bind_all(server, idle, count):
    """Bytes of the server for each of so many sockets that are bound, beside what their Subscriptions take."""
    subscribed = [subscribe(server, number) for number in range(count)]
    for each in subscribed[:20]:  # what the first ones cost once is not theirs
        idle.bind(*each)
    before = at_rest(server)
    for each in subscribed[20:]:
        idle.bind(*each)
    return (at_rest(server) - before) / (count - 20)


def beside_bad_endpoints(folder, quick):
    sockets, endpoints, bad, events = (300, 100, 10, 400) if quick else (5000, 1000, 100, 4000)
    port = web.free_port()
    sections = configuration(port, max_in_flight=2 * endpoints)
    sections["partner"][0].update(max_concurrent=2 * endpoints, query_timeout="1h")
    server = programs.Tributary(folder, sections)
    idle, crowd = IdleSockets(server), None
    try:
        crowd = start(server, port, folder, endpoints, bad, events)
        each = bind_all(server, idle, sockets)
        crowd.stdin.write("\n")
        crowd.stdin.flush()
        told = crowd.stdout.readline()
        if not told:
            raise RuntimeError(f"bench_crowd: {(folder / 'crowd.err').read_text()}")
        if idle.lost:
            raise RuntimeError(f"{idle.lost} idle WebSockets were closed")
    finally:
        if crowd:
            crowd.kill()
            crowd.wait()
        idle.close()
        server.kill()
    return rows(json.loads(told), each, sockets, endpoints, bad)


def rows(told, socket_bytes, sockets, endpoints, bad):
    good, disturbed = told["all_answer"], told["some_do_not"]
    note = (f"{endpoints - 2 * bad:,} of {endpoints:,} endpoints, {disturbed['events']} Events; {told['hanging']} attempts at the others hung, "
            f"{told['refused']} were answered 500")
    return [
        Row("endpoints that answer, p50", disturbed["p50"] / 1e6, "s", good["p50"] / 1e6),
        Row("endpoints that answer, p99", disturbed["p99"] / 1e6, "s", good["p99"] / 1e6, most=2, note=note),
        Row("a bound idle WebSocket", socket_bytes, "B", SOCKET_BYTES, most=1, note=f"of {sockets:,}, half of them bound by token"),
    ]
