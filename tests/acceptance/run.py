#!/usr/bin/env python3
"""The release programs as a user sees them. Needs build/release/bin, or TRIBUTARY_PROGRAMS=folder. Arguments: name patterns."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from support import programs, suite  # noqa: E402  (after the path is set)

if __name__ == "__main__":
    missing = programs.missing_programs()
    if missing:
        sys.exit(f"not built: {', '.join(missing)} in {programs.PROGRAMS}")
    sys.exit(suite.main(HERE))
