#!/usr/bin/env python3
"""write_points.py --runs N --seed S: the server dies at each of its writes to disk, and nothing may be lost or told out of order.

A first run, undisturbed, counts the write points: every write, truncation and sync of a database file. Each further run draws one of
them and how it dies there (before the write, after half of it, after it), sometimes another one for its second life, while one
Subscription is delivered over REST-hook and another one, which asks for progress, over WebSocket. After the last start both logs, less
repeats of a number, must hold every document of the oracle once and numbers from 1 without gaps; what comes on one socket is in order,
repeats are equal; and GET, $status and the log agree.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import crash  # noqa: E402  (after the path is set)
from support import fhir, programs, suite, web  # noqa: E402
from support.receiver import Notification, Receiver  # noqa: E402
from support.websocket import Closed, WebSocket  # noqa: E402

LOADED = programs.PROGRAMS / "kill_at_write.so"
COMPLETE_SECONDS = 60
TROUBLE = (OSError, ValueError, LookupError, Closed, AssertionError, web.http.client.HTTPException)


class Run(crash.Run):
    """One database, one Subscription for each channel."""

    def __init__(self, folder, simulator, criteria):
        super().__init__(folder, simulator, criteria, None)
        self.hook = self.socket_id = None
        self.sockets = []
        self.died = 0

    def live(self, environment):
        """Starts the server and the Subscriptions. False: it died before it was ready."""
        try:
            self.server = programs.Tributary(self.folder, self.sections, environment)
        except programs.NotReady:
            return False
        return True

    def find_or_create(self, known, resource, mine):
        if known:
            return known
        every = fhir.resources(web.get(f"{self.server.fhir}/Subscription?_count=100").json(), "Subscription")
        survived = [each["id"] for each in every if mine(each)]
        return survived[0] if survived else web.call("POST", f"{self.server.fhir}/Subscription", resource).json()["id"]

    def use(self):
        """What the app does while the server lives."""
        self.hook = self.find_or_create(self.hook, fhir.topic(self.criteria, self.receiver.endpoint),
                                        lambda each: each["channel"]["type"] == "rest-hook")
        self.socket_id = self.find_or_create(self.socket_id, fhir.following(fhir.topic(self.criteria)),
                                             lambda each: each["channel"]["type"] == "websocket")
        answer = web.get(f"{self.server.fhir}/Subscription/{self.socket_id}/$get-ws-binding-token").json()
        values = {each["name"]: next(v for k, v in each.items() if k.startswith("value")) for each in answer["parameter"]}
        socket = WebSocket(values["websocket-url"])
        self.sockets.append(socket)
        socket.send("bind-with-token " + values["token"])

    def live_until_death(self, environment):
        """One life with a death in it, unless it has nothing more to write; then it is killed."""
        if not self.live(environment):
            self.died += 1
            return
        try:
            self.use()
        except TROUBLE:
            pass  # it died under the app's hands
        end = time.monotonic() + 3
        while self.server.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        self.died += self.server.process.poll() is not None
        self.server.kill()

    def told(self, socket):
        frames = [Notification(json.loads(text), text.encode()) for _, text in list(socket.messages)]
        return [each for each in frames if each.type == "event-notification"]

    def logs(self):
        return {"REST-hook": [self.receiver.notifications()], "WebSocket": [self.told(socket) for socket in self.sockets]}

    def enough(self, least):
        ended = any(b'"complete"' in each.raw for socket in self.sockets for each in self.told(socket))
        return ended and all(len({each.number for part in parts for each in part if is_document(each)}) >= least
                             for parts in self.logs().values())

    def wait(self, least):
        began = time.monotonic()
        while time.monotonic() - began < COMPLETE_SECONDS:
            if self.enough(least) and self.is_complete():
                return
            time.sleep(0.02)
        counts = {name: sum(map(len, parts)) for name, parts in self.logs().items()}
        raise AssertionError(f"not complete within {COMPLETE_SECONDS} s: {counts}")

    def verdict(self, least, most):
        wrong = []
        for name, parts in self.logs().items():
            wrong += [f"{name}: {problem}" for problem in problems_of(parts, least, most)]
        for name, identity in (("REST-hook", self.hook), ("WebSocket", self.socket_id)):
            highest = max((each.number for part in self.logs()[name] for each in part), default=0)
            read = web.get(f"{self.server.fhir}/Subscription/{identity}").json()["status"]
            status = Notification(web.get(f"{self.server.fhir}/Subscription/{identity}/$status").json())
            counted = int(status.values["events-since-subscription-start"])
            if (read, status.status, counted) != ("active", "active", highest):
                wrong.append(f"{name}: GET says {read}, $status {status.status} and {counted}, the log ends with {highest}")
        return wrong

    def end(self):
        super().end()
        for socket in self.sockets:
            socket.close()


def is_document(notification):
    return "/DocumentReference/" in notification.events[0]["focus"]["reference"]


def problems_of(parts, least, most):
    """What is wrong with a log that came in parts, one a connection."""
    wrong, by_number = [], {}
    for part in parts:
        numbers = [each.number for each in part]
        firsts = [number for at, number in enumerate(numbers) if number not in numbers[:at]]
        if firsts != sorted(firsts):
            wrong.append(f"out of order: {numbers}")
        for each in part:
            if each.number in by_number and by_number[each.number].raw != each.raw:
                wrong.append(f"number {each.number} came with different bytes")
            by_number.setdefault(each.number, each)
    numbers = sorted(by_number)
    if numbers != list(range(1, len(numbers) + 1)):
        wrong.append(f"numbers {numbers}")
    times = collections.Counter(each.events[0]["focus"]["reference"] for each in by_number.values() if is_document(each))
    wrong += [f"{reference} told {count} times" for reference, count in times.items() if count > 1]
    versions = collections.Counter(each.focus()["id"] + "/" + each.focus()["meta"]["versionId"]
                                   for each in by_number.values() if not is_document(each))
    wrong += [f"progress {version} told {count} times" for version, count in versions.items() if count > 1]
    if not least <= sum(times.values()) <= most:
        wrong.append(f"{sum(times.values())} documents instead of {least} to {most}")
    return wrong


def environment(how, at):
    return {"LD_PRELOAD": str(LOADED), "KILL_AT": str(at), "KILL_HOW": how}


def count_points(folder, simulator, criteria, least, most):
    """How many write points a run has that nobody disturbs."""
    run, counter = Run(folder, simulator, criteria), folder / "points"
    try:
        run.live({"LD_PRELOAD": str(LOADED), "KILL_COUNT": str(counter)})
        run.use()
        run.wait(least)
        wrong = run.verdict(least, most)
        if wrong:
            raise AssertionError(f"even undisturbed: {wrong}")
        return int(counter.read_text())
    finally:
        run.end()


def disturbed(folder, simulator, criteria, least, most, rng, points):
    """(sentences about what is wrong, the deaths drawn, how many of them were died)."""
    run, deaths = Run(folder, simulator, criteria), []
    try:
        for _ in range(rng.choice((1, 1, 2))):
            deaths.append((rng.choice(("before", "half", "after")), rng.randint(1, points)))
            run.live_until_death(environment(*deaths[-1]))
        if not run.live({}):
            return ["does not start again"], deaths, run.died
        run.use()
        run.wait(least)
        return run.verdict(least, most), deaths, run.died
    except TROUBLE as error:
        return [f"{type(error).__name__}: {error}"], deaths, run.died
    finally:
        run.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=20260701)
    parser.add_argument("--latency", default="20", help="divisor of the simulator's latencies")
    parser.add_argument("--jobs", type=int, default=4, help="runs at a time")
    parser.add_argument("--summary", type=pathlib.Path)
    options = parser.parse_args()
    failed, died, lock = [], [], threading.Lock()
    with programs.temporary_folder("write-points") as folder:
        root = pathlib.Path(folder)
        simulator = programs.Simulator(root / "simulator", "--seed", str(options.seed), "--latency", options.latency)
        try:
            least, most = crash.expected_events(simulator, fhir.SAMPLE)
            points = count_points(root / "undisturbed", simulator, fhir.SAMPLE, least, most)
            print(f"  seed {options.seed}; undisturbed: {least} documents over each channel, {points} write points", flush=True)

            def one(number):
                rng = random.Random(f"{options.seed}/{number}")
                wrong, deaths, times = disturbed(root / f"run-{number}", simulator, fhir.SAMPLE, least, most, rng, points)
                with lock:
                    died.append(times)
                    if wrong:
                        failed.append(number)
                        print(f"  FAILED run {number}, died {deaths}: {'; '.join(wrong)}", flush=True)

            with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
                list(pool.map(one, range(options.runs)))
        finally:
            simulator.stop()
    print(f"  it died {sum(died)} times at a write")
    suite.summarise(options.summary, options.runs - len(failed), len(failed), 0)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
