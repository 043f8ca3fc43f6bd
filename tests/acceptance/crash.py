#!/usr/bin/env python3
"""crash.py --runs N --seed S: kill -9 at random moments of a run, and nothing may be lost or told twice.

Each run starts with an empty database, creates one Subscription, kills the server once to three times at moments drawn
over the time that an undisturbed run takes, starts it again on the same database each time, and waits until the
Discovery is complete. Then the receiver's log, after removing repeats of the same number, must hold every document of
the oracle once, numbers from 1 without gaps, and repeats must have equal bytes. The simulator stays up throughout.
"""
import argparse
import collections
import pathlib
import random
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import fhir, programs, suite, web  # noqa: E402  (after the path is set)
from support.receiver import Receiver  # noqa: E402
from support.web import Reply  # noqa: E402

COMPLETE_SECONDS = 60


class Run:
    """One run on a database and a port of its own."""

    def __init__(self, folder, simulator, criteria, rng):
        self.folder, self.criteria, self.rng = folder, criteria, rng
        self.receiver = Receiver()
        self.sections = {
            "partners_file": str(simulator.partners_file), "server": {"listen": f"127.0.0.1:{web.free_port()}"},
            "operations": {"listen": "127.0.0.1:0"}, "cache": {"path": "cache.db"},
            "delivery": {"allow_http": True, "allow_private_addresses": True},
            "partner_defaults": {"breaker_pause": "500ms"},
        }
        self.server = None
        self.subscription = None

    def start(self):
        self.server = programs.Tributary(self.folder, self.sections)

    def subscribe(self):
        """Creates the Subscription, unless one that was not acknowledged has survived."""
        found = fhir.resources(web.get(f"{self.server.fhir}/Subscription?url={self.receiver.endpoint}").json(), "Subscription")
        if not found:
            wanted = fhir.topic(self.criteria, self.receiver.endpoint)
            found = [web.call("POST", f"{self.server.fhir}/Subscription", wanted).json()]
        self.subscription = found[0]["id"]

    def kill_after(self, seconds):
        end = time.monotonic() + seconds
        try:
            if self.subscription is None:
                self.subscribe()
        except (OSError, ValueError, web.http.client.HTTPException):
            pass
        time.sleep(max(0.0, end - time.monotonic()))
        self.server.kill()

    def kill_during_create(self, seconds):
        """Kills from beside, so that the create itself may be hit."""
        thread = programs.in_background(lambda: (time.sleep(seconds), self.server.kill()))
        try:
            self.subscribe()
        except (OSError, ValueError, web.http.client.HTTPException):
            pass
        thread.join()

    def wait_until_complete(self, expected):
        """Seconds until the Discovery is complete and `expected` distinct events have arrived."""
        began = time.monotonic()
        while time.monotonic() - began < COMPLETE_SECONDS:
            if len({each.number for each in self.receiver.notifications()}) >= expected and self.is_complete():
                return time.monotonic() - began
            time.sleep(0.02)
        raise AssertionError(f"not complete within {COMPLETE_SECONDS} s: {len(self.receiver.notifications())} notifications, "
                             f"{fhir.progress(web.get(self.search_url()).json())}")

    def search_url(self):
        return f"{self.server.fhir}/{self.criteria}"

    def is_complete(self):
        return fhir.progress(web.get(self.search_url()).json()).get("state", "complete") == "complete"

    def verdict(self, least, most):
        """What is wrong with the receiver's log, as a list of sentences."""
        wrong, by_number, times_told = [], {}, collections.Counter()
        for each in self.receiver.notifications():
            if each.number in by_number and by_number[each.number].raw != each.raw:
                wrong.append(f"number {each.number} came with different bytes")
            if each.number not in by_number:
                times_told[each.events[0]["focus"]["reference"]] += 1
            by_number.setdefault(each.number, each)
        numbers = sorted(by_number)
        if numbers != list(range(1, len(numbers) + 1)):
            wrong.append(f"numbers {numbers}")
        wrong += [f"{reference} told {count} times" for reference, count in times_told.items() if count > 1]
        if not least <= len(numbers) <= most:
            wrong.append(f"{len(numbers)} documents instead of {least} to {most}")
        return wrong

    def end(self):
        if self.server:
            self.server.kill()
        self.receiver.stop()


def expected_events(simulator, criteria):
    query = urllib.parse.urlencode({"criteria": criteria, "acceptance": "strict"})
    documents = web.get(f"{simulator.base}/oracle?{query}").json()["documents"]
    return sum(each["events"][0] for each in documents), sum(each["events"][1] for each in documents)


def undisturbed(folder, simulator, criteria, least, most):
    """How long a run takes that nobody disturbs."""
    run = Run(folder, simulator, criteria, None)
    try:
        run.start()
        began = time.monotonic()
        run.subscribe()
        run.wait_until_complete(least)
        took, wrong = time.monotonic() - began, run.verdict(least, most)
        if wrong:
            raise AssertionError(f"even undisturbed: {wrong}")
        return took
    finally:
        run.end()


def disturbed(folder, simulator, criteria, least, most, rng, span):
    """One run with one to three kills; (sentences about what is wrong, moments of the kills, repeats)."""
    run, moments = Run(folder, simulator, criteria, rng), []
    run.receiver.next_replies(*[Reply(503 if rng.random() < 0.1 else 200) for _ in range(50)])
    try:
        for _ in range(rng.choice((1, 1, 2, 3))):
            moments.append(rng.uniform(0, span))
            run.start()
            if run.subscription is None and rng.random() < 0.3:
                run.kill_during_create(rng.uniform(0, 0.03))
            else:
                run.kill_after(moments[-1])
        run.start()
        run.subscribe()
        run.wait_until_complete(least)
        time.sleep(0.1)
        repeats = len(run.receiver.notifications()) - least
        return run.verdict(least, most), moments, repeats
    except (AssertionError, OSError, ValueError) as error:
        return [str(error)], moments, 0
    finally:
        run.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=20260701)
    parser.add_argument("--criteria", default=fhir.SAMPLE)
    parser.add_argument("--profile", choices=("sample", "default"), default="sample", help="of the simulator; default: 200 communities")
    parser.add_argument("--data", type=pathlib.Path, help="folder of test data for the profile default")
    parser.add_argument("--latency", default="4", help="divisor of the simulator's latencies")
    parser.add_argument("--keep", help="keep the folders of failed runs below this one")
    parser.add_argument("--summary", type=pathlib.Path)
    options = parser.parse_args()
    failed = repeated = 0
    with programs.temporary_folder("crash") as folder:
        root = pathlib.Path(options.keep or folder)
        data = ("--data", options.data) if options.data else ()
        simulator = programs.Simulator(root / "simulator", "--seed", str(options.seed), "--latency", options.latency, *data, profile=options.profile)
        try:
            least, most = expected_events(simulator, options.criteria)
            span = undisturbed(root / "undisturbed", simulator, options.criteria, least, most)
            print(f"  seed {options.seed}; undisturbed: {least} documents in {span:.1f} s", flush=True)
            for number in range(options.runs):
                rng = random.Random(f"{options.seed}/{number}")
                wrong, moments, repeats = disturbed(root / f"run-{number}", simulator, options.criteria, least, most, rng, span)
                failed += bool(wrong)
                repeated += repeats
                if wrong:
                    print(f"  FAILED run {number}, killed at {[round(each, 3) for each in moments]} s: {'; '.join(wrong)}", flush=True)
        finally:
            simulator.stop()
    print(f"  {repeated} notifications were repeated")
    suite.summarise(options.summary, options.runs - failed, failed, 0)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
