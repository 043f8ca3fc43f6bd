"""(e) what Discoveries that wait and one call in flight cost, and a server that only has 200 partners."""
import json
import selectors
import socket
import subprocess
import threading
import time

import process
from hooks import configuration
from rows import Row
from support import fhir, programs, web

CALL_BYTES = 11 * 1024


class HangingPartner:
    """Takes every connection and every request, and never answers: one thread, however many there are."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.listener.setblocking(False)
        self.asked, self.connections, self.stopped = 0, [], False
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        selector = selectors.DefaultSelector()
        selector.register(self.listener, selectors.EVENT_READ)
        while not self.stopped:
            for key, _ in selector.select(0.1):
                if key.fileobj is self.listener:
                    connection, _ = self.listener.accept()
                    self.connections.append(connection)
                    selector.register(connection, selectors.EVENT_READ)
                    continue
                data = key.fileobj.recv(65536)
                if not data:
                    selector.unregister(key.fileobj)
                self.asked += data.count(b" HTTP/1.1\r\n") - data.count(b"GET /partner/fhir/metadata ")
        for connection in self.connections:
            connection.close()
        self.listener.close()

    def stop(self):
        self.stopped = True


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def at_rest(server):
    """The memory of a server, once it has done what it had to do."""
    last = -1.0
    while process.cpu_seconds(server) - last > 0.002:
        last = process.cpu_seconds(server)
        time.sleep(0.5)
    return process.own_bytes(server)


def with_discoveries(folder, count, at_once):
    """Memory with `count` Discoveries at one partner that hangs, of which `at_once` have their call in flight."""
    partner = HangingPartner()
    sections = configuration(partner.port, max_in_flight=max(at_once, 1))
    sections["partner"][0]["max_concurrent"] = at_once
    server = programs.Tributary(folder, sections)
    try:
        for number in range(count):
            criteria = f"DocumentReference?patient.given=given{number}&patient.family=bench"
            answer = web.call("POST", f"{server.fhir}/Subscription", fhir.classic(criteria))
            if answer.status != 201:
                raise RuntimeError(f"Subscription refused: {answer}")
        wait_until(lambda: partner.asked >= at_once, f"{at_once} calls in flight")
        return at_rest(server)
    finally:
        server.kill()
        partner.stop()


def resident_with_partners(folder, count):
    sections = configuration(1)
    sections["partner"] = [{"id": f"p{number:03}", "fhir": f"http://127.0.0.1:1/p{number:03}/fhir"} for number in range(1, count + 1)]
    server = programs.Tributary(folder, sections)
    try:
        at_rest(server)
        return server.resident_bytes()
    finally:
        server.kill()


def waiting_discoveries(discoveries):
    """What bench_discovery_memory says of so many Discoveries over 200 partners that never answer."""
    done = subprocess.run([programs.PROGRAMS / "bench_discovery_memory", "--discoveries", str(discoveries), "--partners", "200"],
                          capture_output=True, text=True, check=True, timeout=600)
    return json.loads(done.stdout.splitlines()[-1])


def footprints(folder, quick):
    count = 300 if quick else 1000
    waiting = with_discoveries(folder / "waiting", count, 1)
    flying = with_discoveries(folder / "flying", count, count)
    discoveries = waiting_discoveries(count)
    return [
        Row(f"{count:,} Discoveries over 200 partners that wait", discoveries["resident_added"], "B", 100e6 * count / 1000, most=1,
            note=f"{discoveries['waiting_steps']} Steps wait, {discoveries['bytes_per_waiting_step']:.0f} B each, all included"),
        Row("a call in flight", (flying - waiting) / (count - 1), "B", CALL_BYTES,
            note=f"{count} Discoveries with their call in flight, less the same with one in flight; against what a bare client needed"),
        Row("resident, idle, with 200 partners", resident_with_partners(folder / "idle", 200), "B", 30 << 20, most=1),
    ]
