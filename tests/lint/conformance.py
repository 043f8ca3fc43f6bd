#!/usr/bin/env python3
"""conformance.py SOURCE: docs/conformance.md has a row for each requirement, and the tests it names exist. One line per fault, status 1 on any."""
import pathlib
import re
import sys

STATES = ("met", "not met", "not applicable")


def numbered(prefix, count):
    return [f"{prefix}{number}" for number in range(1, count + 1)]


REQUIREMENTS = [*numbered("B21.", 45), *numbered("C1.T", 15), *numbered("D1.", 10), *numbered("D2.", 5), *numbered("D3.", 8),
                *numbered("D4.", 3), *numbered("E3.", 28), *numbered("C.4.", 14), *numbered("J.", 8)]

ROW = re.compile(r"^\| ([A-Z][\w.]*\d) \| (.+?) \| (.+?) \| (.*) \|$", re.MULTILINE)
TESTS = re.compile(r'`([\w/.-]+\.(?:cpp|py))`((?: ?,? ?"[^"]+")+)')
CPP_CASE = re.compile(r'\bTEST_CASE(?:_METHOD)?\(\s*(?:[\w:]+,\s*)?((?:"(?:[^"\\]|\\.)*"\s*)+)')
PYTHON_CASE = re.compile(r"^\s+def (test_\w+)\(", re.MULTILINE)


def cases_of(path):
    """The names of the test cases in a file."""
    text = path.read_text()
    if path.suffix == ".py":
        return set(PYTHON_CASE.findall(text))
    return {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal)) for literal in CPP_CASE.findall(text)}


def named_tests(cell):
    """(file below tests/, name) of each test that a cell names."""
    return [(file, name) for file, names in TESTS.findall(cell) for name in re.findall(r'"([^"]+)"', names)]


def faults_of_row(number, state, cell, tests):
    if state not in STATES:
        yield f"{number}: the state is one of {', '.join(STATES)}, not {state}"
    named = named_tests(cell)
    if state == "met" and not named:
        yield f"{number}: met, by no test"
    if state != "met" and not re.search(r"\w", TESTS.sub("", cell)):
        yield f"{number}: {state}, and no reason"
    for file, name in named:
        path = tests / file
        if not path.is_file():
            yield f"{number}: there is no tests/{file}"
        elif name not in cases_of(path):
            yield f"{number}: tests/{file} has no case \"{name}\""


def faults(page, tests):
    """What is wrong with the page, given the folder of the tests."""
    rows = ROW.findall(page)
    numbers = [number for number, *_ in rows]
    for number in REQUIREMENTS:
        if numbers.count(number) != 1:
            yield f"{number}: {numbers.count(number)} rows"
    for number, _, state, cell in rows:
        if number not in REQUIREMENTS:
            yield f"{number}: no such requirement"
        yield from faults_of_row(number, state, cell, tests)


def main(root):
    page = (root / "docs" / "conformance.md").read_text()
    found = list(faults(page, root / "tests"))
    for fault in found:
        print(f"docs/conformance.md: {fault}")
    counts = {state: sum(row[2] == state for row in ROW.findall(page)) for state in STATES}
    print(", ".join(f"{count} {state}" for state, count in counts.items()) + f"; {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
