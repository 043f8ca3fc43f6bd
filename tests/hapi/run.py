#!/usr/bin/env python3
"""Tributary against a real HAPI FHIR server. Needs build/release/bin and tests/hapi/build.sh; skipped, loudly, without HAPI."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "acceptance")]

import hapi  # noqa: E402  (after the path is set)
from support import programs, suite  # noqa: E402

if __name__ == "__main__":
    missing = programs.missing_programs()
    if missing:
        sys.exit(f"not built: {', '.join(missing)} in {programs.PROGRAMS}")
    sys.exit(suite.main(HERE, hapi.reason_to_skip()))
