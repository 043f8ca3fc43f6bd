#!/usr/bin/env python3
"""sources.py SOURCE: whatever comments and tests cite ("Source: subscriptions B15") has a row in docs/sources.md. One line per fault, status 1 on any."""
import pathlib
import re
import sys

SHEETS = ("architecture", "subscriptions", "document-sharing", "clients", "fixture")
FOLDERS = ("cache", "examples", "fhir", "orchestrator", "subscriptions", "tests")
SUFFIXES = {".cpp", ".hpp", ".py"}

NUMBER = r"(?:[A-Z]\.?\d+(?:\.\d+)*|\d+(?:\.\d+)*|[A-I])\b(?! of)"
CITED = re.compile(rf"\b({'|'.join(SHEETS)})(?:\.md)? ({NUMBER}(?:(?:, | and | to |–){NUMBER})*)")
UNNAMED = re.compile(rf"Source: ({NUMBER})")
SECTION = re.compile(r"^## (\S+)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| ([A-Z\d][\w.]*) \| \S.* \| \S.* \|$", re.MULTILINE)


def rows_of(page):
    """(sheet, number) of each row."""
    return {(sheet, number) for sheet, text in SECTION.findall(page) for number in ROW.findall(text)}


def has_row(rows, sheet, number):
    """The row of the number or of what it is part of; of a whole chapter, any row."""
    if len(number) == 1 and number.isalpha():
        return any(each == sheet and row.startswith(number) for each, row in rows)
    parts = number.split(".")
    return any((sheet, ".".join(parts[:length])) in rows for length in range(len(parts), 0, -1))


def faults_of(text, rows):
    """(line number, fault) of each citation that nobody can look up."""
    for number, line in enumerate(text.splitlines(), 1):
        for unnamed in UNNAMED.findall(line):
            yield number, f"{unnamed} of what? Name one of {', '.join(SHEETS)}"
        for sheet, cited in CITED.findall(line):
            for each in re.findall(NUMBER, cited):
                if not has_row(rows, sheet, each):
                    yield number, f"docs/sources.md has no row {each} of {sheet}"


def main(root):
    rows = rows_of((root / "docs" / "sources.md").read_text())
    found = 0
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES or "lint" in path.parts or "node_modules" in path.parts:
                continue
            for number, fault in faults_of(path.read_text(), rows):
                print(f"{path.relative_to(root)}:{number}: {fault}")
                found += 1
    print(f"{len(rows)} rows; {found} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
