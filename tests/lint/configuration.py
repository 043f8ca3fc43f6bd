#!/usr/bin/env python3
"""configuration.py SOURCE: docs/configuration.md lists every key that the configuration reader knows, and no other."""
import pathlib
import re
import sys

READ = re.compile(r'\b(?:\w+\.(?:text|flag|number|decimal|duration|size|texts|fields|path|choice<[^(]*>)\(|read_\w+\(reader,)\s*"([a-z_]+)"')


def keys_of_reader(text):
    keys = set(READ.findall(text))
    if "read_listen(" in text:
        keys.add("listen")
    return keys


def keys_of_docs(text):
    rows = re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", text, re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`([a-z_]+)`", row)}


def main(root):
    reader = keys_of_reader((root / "orchestrator/config/config.cpp").read_text())
    docs = keys_of_docs((root / "docs/configuration.md").read_text())
    for key in sorted(reader - docs):
        print(f"docs/configuration.md does not list {key}")
    for key in sorted(docs - reader):
        print(f"docs/configuration.md lists {key}, which the program does not read")
    print(f"{len(reader)} keys")
    return 1 if reader != docs or not reader else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
