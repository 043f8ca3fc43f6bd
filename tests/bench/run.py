#!/usr/bin/env python3
"""run.py [--quick] [--json FILE] [SECTION …]: the benchmarks of docs/benchmarks.md over the release programs; ./tests/bench.sh builds them first.

Every row is a ratio within one run, so that it means something on another machine. Ends with status 1 when a target is missed.
"""
import argparse
import json
import os
import pathlib
import platform
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "acceptance")]

import commits  # noqa: E402  (after the path is set)
import crowd  # noqa: E402
import discovery  # noqa: E402
import gets  # noqa: E402
import growth  # noqa: E402
import hooks  # noqa: E402
import instant  # noqa: E402
import memory  # noqa: E402
from support import programs  # noqa: E402

SECTIONS = {
    "a": ("a Discovery over 200 partners, against the least time its answers take", discovery.against_ideal),
    "b": ("the same calls made by a client that waits at each stage", discovery.against_waiting),
    "c": ("partners that answer at once", instant.throughput),
    "d": ("10 and 10 x 10 GETs at 80 ms, against the programs of bench-baselines", gets.against_baselines),
    "e": ("memory", memory.footprints),
    "f": ("cost as partners grow", growth.cost),
    "g": ("from the commit, and from a partner's page, to the notification, against one fsync and one POST", hooks.latency),
    "h": ("Events made durable together, against a commit for each", commits.group),
    "i": ("idle WebSockets, and endpoints that do not answer beside those that do", crowd.beside_bad_endpoints),
}


def show(section, rows):
    print(f"\n({section}) {SECTIONS[section][0]}")
    width = max((len(row.name) for row in rows), default=0)
    print(f"  {'':{width}}  {'measured':>12}  {'against':>12}  {'ratio':>6}  target")
    for row in rows:
        verdict = {True: "ok", False: "MISSED", None: ""}[row.ok]
        print(f"  {row.name:{width}}  {row.measured:>12}  {row.against:>12}  {row.ratio_text:>6}  {row.target:<18} {verdict}".rstrip())
        if row.note:
            print(f"  {'':{width}}  ({row.note})")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer samples and shorter latencies: to see that it works")
    parser.add_argument("--json", type=pathlib.Path, help="writes the rows, with figures in base units, to this file")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {' '.join(SECTIONS)}; all without one")
    options = parser.parse_args()
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no such section: {' '.join(sorted(unknown))}")
    missing = programs.missing_programs()
    if missing:
        sys.exit(f"not built: {', '.join(missing)} in {programs.PROGRAMS}; run ./tests/bench.sh")
    report = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cores": os.cpu_count(), "machine": platform.machine(),
              "quick": options.quick, "sections": {}}
    for section in options.sections or SECTIONS:
        load_before = os.getloadavg()[0]
        with tempfile.TemporaryDirectory(prefix="tributary-bench-", dir=programs.REPOSITORY / "build") as folder:
            rows = SECTIONS[section][1](pathlib.Path(folder), options.quick)
        show(section, rows)
        print(f"  load average before {load_before:.1f}, after {os.getloadavg()[0]:.1f}")
        report["sections"][section] = {"load_before": load_before, "load_after": os.getloadavg()[0],
                                       "rows": [row.values() for row in rows]}
        if options.json:
            options.json.write_text(json.dumps(report, indent=1) + "\n")
    missed = [row["name"] for section in report["sections"].values() for row in section["rows"] if row["ok"] is False]
    print(f"\n{len(missed)} targets missed" + "".join(f"\n  {name}" for name in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
