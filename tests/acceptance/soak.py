#!/usr/bin/env python3
"""An hour among 200 communities whose documents and health change, in minutes: memory stays flat, and in the end everything is as the oracle says.

  soak.py [--seed N] [--divisor 10] [--standing 20] [--data DIR]

One hour of the simulator's profile soak takes 60 / divisor minutes. Some patients are subscribed for all the time and asked for again (refresh), others come
and go. Prints a line a minute of the simulated hour's twelfth; exit status 1 if memory grew or the oracle differs. Needs the release programs and the folder
of test data."""
import argparse
import pathlib
import statistics
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import oracle  # noqa: E402  (after the path is set)
from support import fhir, programs, web  # noqa: E402
from support.receiver import Receiver  # noqa: E402

HOUR_SECONDS = 3600
VISITORS = 5
SETTLE_SECONDS = 180
FLAT = 0.10


def people(number):
    """Distinct patients: the fixture's named ones, then their clones."""
    named = [*oracle.HEADLINE[:6], *oracle.OTHERS]
    for index in range(number):
        family, given, _ = named[index % len(named)]
        clone = index // len(named) + 1
        yield given, family + (str(clone) if clone > 1 else "")


def criteria_of(given, family):
    return oracle.criteria_of(("patient.given", given), ("patient.family", family))


class Soak:
    def __init__(self, options, folder):
        self.options, self.seconds = options, HOUR_SECONDS / options.divisor
        self.simulator = programs.Simulator(folder, "--seed", options.seed, "--latency", options.divisor, "--data", options.data, profile="soak")
        refresh = f"{max(5, round(self.seconds / 12))}s"
        self.tributary = programs.Tributary(folder, {
            "partners_file": str(self.simulator.partners_file), "server": {"listen": "127.0.0.1:0"}, "operations": {"listen": "127.0.0.1:0"},
            "cache": {"path": "cache.db", "synchronous": "normal"}, "discovery": {"refresh": refresh, "reuse": "1s"},
            "delivery": {"allow_http": True, "allow_private_addresses": True}, "partner_defaults": {"breaker_pause": "5s"}})
        self.receiver, self.memory, self.visitors = Receiver(), [], []
        self.came = options.standing

    def end(self):
        self.receiver.stop()
        self.tributary.kill()
        self.simulator.kill()

    def subscribe(self, criteria):
        answer = web.call("POST", f"{self.tributary.fhir}/Subscription", fhir.topic(criteria, f"{self.receiver.endpoint}/s", content="id-only"))
        if answer.status != 201:
            raise AssertionError(f"{criteria}: {answer.status} {answer.body[:300]}")
        return answer.json()["id"]

    def receive_visitors(self):
        """Some patients are no longer asked for, others from now on."""
        for subscription in self.visitors:
            web.call("DELETE", f"{self.tributary.fhir}/Subscription/{subscription}")
        coming = list(people(self.came + VISITORS))[self.came:]
        self.visitors = [self.subscribe(criteria_of(*person)) for person in coming]
        self.came += VISITORS

    def run(self):
        self.standing = [criteria_of(*person) for person in people(self.options.standing)]
        for criteria in self.standing:
            self.subscribe(criteria)
        began = time.monotonic()
        for step in range(60):
            self.receive_visitors()
            while time.monotonic() - began < (step + 1) * self.seconds / 60:
                time.sleep(0.5)
                self.memory.append(self.tributary.resident_bytes() / 2**20)
            if step % 5 == 4:
                calls = web.get(f"{self.simulator.base}/statistics").json()
                print(f"{(step + 1):3d} simulated minutes: {self.memory[-1]:.1f} MiB, {calls.get('requests')} requests answered", flush=True)

    def differences(self):
        asked = {criteria: oracle.judged(self.simulator, "strict", criteria) for criteria in self.standing}
        copies, superseded, problems = oracle.copies_of(asked.values()), oracle.superseded_by(asked.values()), []
        if not any(answer["documents"] for answer in asked.values()):
            problems.append("  the oracle expects no document at all: is the data folder whole?")
        for criteria, answer in asked.items():
            found, _ = oracle.search_all(self.tributary, criteria)
            comparison = oracle.Comparison(answer["documents"], found, copies, superseded)
            comparison.searched()
            problems += [f"  {urllib.parse.unquote(criteria)}: {problem}" for problem in comparison.problems]
        return problems

    def settle(self):
        """What is still different after everybody is well and has been asked once more."""
        end = time.monotonic() + SETTLE_SECONDS
        problems = self.differences()
        while problems and time.monotonic() < end:
            time.sleep(2)
            problems = self.differences()
        return problems


def grown(memory):
    """By how much the last fifth of the run needed more than the second."""
    fifth = len(memory) // 5
    before, after = statistics.median(memory[fifth:2 * fifth]), statistics.median(memory[-fifth:])
    print(f"resident: {before:.1f} MiB in the second fifth of the run, {after:.1f} MiB in the last; most {max(memory):.1f} MiB")
    return after / before - 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=20260701)
    parser.add_argument("--divisor", type=float, default=10, help="of all simulated times")
    parser.add_argument("--standing", type=int, default=20, help="patients subscribed for all the time")
    parser.add_argument("--data", type=pathlib.Path, default=oracle.default_data(), help="folder of test data")
    return parser.parse_args()


def main():
    options = arguments()
    missing = programs.missing_programs()
    if missing:
        sys.exit(f"not built: {', '.join(missing)} in {programs.PROGRAMS}")
    if not (options.data / "MANIFEST.csv").exists():
        print(f"!!! SKIPPED: no folder of test data at {options.data}")
        return 0
    with programs.temporary_folder("soak") as folder:
        soak = Soak(options, folder)
        try:
            soak.run()
            problems = soak.settle()
        except (OSError, AssertionError):
            print(soak.tributary.stderr()[-4000:], file=sys.stderr)
            raise
        finally:
            soak.end()
    growth = grown(soak.memory)
    print("\n".join(problems) if problems else f"the oracle agrees about {len(soak.standing)} patients")
    if growth > FLAT:
        print(f"memory grew by {growth:.0%}")
    return 1 if problems or growth > FLAT else 0


if __name__ == "__main__":
    sys.exit(main())
