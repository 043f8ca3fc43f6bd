"""Runs the cases of a folder, tells how long each took, and writes "passed failed skipped" where asked."""
import argparse
import fnmatch
import pathlib
import sys
import time
import unittest

from support.case import MEASURED


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.tell(test, "ok")

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self.tell(test, "FAILED")

    def addError(self, test, err):
        unittest.TestResult.addError(self, test, err)
        self.tell(test, "FAILED (error)")

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        self.tell(test, f"skipped: {reason}")

    def tell(self, test, outcome):
        took = time.monotonic() - getattr(self, "began", time.monotonic())
        name = test.id().partition(".")[2].replace("_", " ")
        self.stream.writeln(f"  {outcome:8} {took:6.2f} s  {name}")
        self.stream.flush()

    def startTestRun(self):
        self.stream.writeln("")


def cases_of(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from cases_of(each)
        else:
            yield each


def summarise(file, passed, failed, skipped):
    """The last line of a run, and "passed failed skipped" in a file where one is named."""
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    if file:
        file.write_text(f"{passed} {failed} {skipped}\n")


def main(folder, reason_to_skip=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--summary", type=pathlib.Path, help='file that gets "passed failed skipped"')
    parser.add_argument("pattern", nargs="*", help="run only cases whose name contains this")
    options = parser.parse_args()
    cases = list(cases_of(unittest.defaultTestLoader.discover(str(folder), "test_*.py", top_level_dir=str(folder))))
    if options.pattern:
        cases = [each for each in cases if any(fnmatch.fnmatch(each.id(), f"*{p}*") for p in options.pattern)]
    if reason_to_skip:
        print(f"!!! SKIPPED, all {len(cases)} cases: {reason_to_skip}")
        counts = (0, 0, len(cases))
        failed = False
    else:
        runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=Result, verbosity=0)
        result = runner.run(unittest.TestSuite(cases))
        bad = {getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors}
        counts = (max(0, result.testsRun - len(bad) - len(result.skipped)), len(bad), len(result.skipped))
        failed = not result.wasSuccessful()
    for line in MEASURED:
        print(f"  measured  {line}")
    summarise(options.summary, *counts)
    return 1 if failed else 0
