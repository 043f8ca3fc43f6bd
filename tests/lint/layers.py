#!/usr/bin/env python3
"""layers.py BUILD SOURCE: does every part see only what its tributary_part() declares?

Two views of the same rule. The compiler's dependency files (`ninja -t deps`) tell what each object really read, system
headers included; they show only the closure, so each `#include "…"` is also held against the declared USES.
Prints one line per violation: the part, the file, what it included, and why that is refused.
"""
import os
import pathlib
import re
import subprocess
import sys

# Part of a system header's path -> which parts may read it, directly or through another header.
SYSTEM_HEADERS = {
    "/boost/asio": lambda part: part.startswith(("orchestrator", "examples")),
    "/boost/beast": lambda part: part == "orchestrator/net",
    "/openssl/": lambda part: part in ("orchestrator/net", "orchestrator/base"),
    "/sqlite3.h": lambda part: part == "cache",
    "/rapidjson/": lambda part: part == "fhir/json",
    "/libxml/": lambda part: part in ("fhir/xml", "examples/partner-simulator"),
}
NOT_PARTS = {"build"}


class Layers:
    """What the parts declared: `<part>: <uses,…> | <libraries,…>` a line, as tributary_write_layers() wrote it."""

    def __init__(self, text):
        self.uses = {}
        for line in text.splitlines():
            part, rest = line.split(": ", 1)
            uses = rest.split(" | ")[0]
            self.uses[part] = uses.split(",") if uses else []

    def part_of(self, path):
        """The part that owns a file, given relative to the source folder; None when no part does."""
        folder = os.path.dirname(path)
        while folder and folder not in self.uses:
            folder = os.path.dirname(folder)
        return folder or None

    def visible_from(self, part):
        seen, pending = set(), [part]
        while pending:
            current = pending.pop()
            if current not in seen:
                seen.add(current)
                pending += self.uses[current]
        return seen


def objects(build, layers):
    """Yields (part, object, files it was made from) for every up-to-date object of a part."""
    listing = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    heading = re.compile(r"(.+?)/CMakeFiles/[^/]+\.dir/(.*): #deps \d+.*\(VALID\)")
    for block in listing.split("\n\n"):
        first, *files = block.strip("\n").split("\n")
        match = heading.match(first)
        if match and match.group(1) in layers.uses:
            yield match.group(1), match.group(2), [os.path.realpath(os.path.join(build, file.strip())) for file in files]


def refused_files(layers, source, part, files):
    visible = layers.visible_from(part)
    for file in files:
        for header, allowed in SYSTEM_HEADERS.items():
            if header in file and not allowed(part):
                yield file, "system header that this part may not see"
        if file.startswith(source + "/") and not file.startswith(source + "/build/"):
            relative = os.path.relpath(file, source)
            owner = layers.part_of(relative)
            if owner and owner not in visible:
                yield relative, f"{owner} is not among what {part} uses"


def refused_includes(layers, source):
    for path in sorted(pathlib.Path(source).rglob("*.[hc]pp")):
        relative = path.relative_to(source).as_posix()
        part = layers.part_of(relative)
        if not part or relative.split("/")[0] in NOT_PARTS:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if match and layers.part_of(match.group(1)) not in (part, *layers.uses[part]):
                yield part, f"{relative}:{number}", match.group(1), "included, but not declared in USES"


def main(build, source):
    source = os.path.realpath(source)
    layers = Layers(pathlib.Path(build, "layers.txt").read_text())
    violations, count = set(refused_includes(layers, source)), 0
    for part, name, files in objects(build, layers):
        count += 1
        violations.update((part, name, file, why) for file, why in refused_files(layers, source, part, files))
    for violation in sorted(violations):
        print(*violation, sep="  ")
    print(f"{count} objects, {len(violations)} violations")
    return 1 if violations or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
