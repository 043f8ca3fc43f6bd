#!/usr/bin/env python3
"""total.py RESULTS BROKEN_STEPS: adds up what the suites wrote and prints "N passed, N failed, N skipped".

RESULTS holds JUnit files of ctest (*.xml) and files of the Python suites (*.txt, one line "passed failed skipped").
A step that broke without a failed case of its own (a build, for example) counts as one failure. Exit status 1 on any.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def from_junit(path):
    suite = ElementTree.parse(path).getroot()
    total, failed = int(suite.get("tests", 0)), int(suite.get("failures", 0))
    skipped = int(suite.get("skipped", 0)) + int(suite.get("disabled", 0))
    return total - failed - skipped, failed, skipped


def main(results, broken_steps):
    counts = [from_junit(path) for path in sorted(results.glob("*.xml"))]
    counts += [tuple(map(int, path.read_text().split())) for path in sorted(results.glob("*.txt"))]
    passed, failed, skipped = (sum(column) for column in zip(*counts, (0, 0, 0)))
    failed = max(failed, broken_steps)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), int(sys.argv[2])))
