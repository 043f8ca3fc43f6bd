#!/usr/bin/env python3
"""Tributary against clients and tools of other makers. Needs build/release/bin and install.sh; what is not installed is skipped, loudly.

Arguments: name patterns, as of tests/acceptance/run.py.
"""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "acceptance")]

import installed  # noqa: E402  (after the path is set)
from support import programs, suite  # noqa: E402

if __name__ == "__main__":
    missing = programs.missing_programs()
    if missing:
        sys.exit(f"not built: {', '.join(missing)} in {programs.PROGRAMS}")
    if installed.python() and sys.prefix == sys.base_prefix:
        os.execv(installed.python(), [installed.python(), *sys.argv])
    sys.exit(suite.main(HERE))
