"""(h) durable Events a second when many units of work wait, against a commit for each."""
import json
import subprocess

from rows import Row
from support import programs

EVENTS_A_SECOND = 15_000
SHAPES = [("single", "documents one by one", 2), ("page", "pages of 20 documents", 2), ("shared", "documents that 20 Subscriptions want", None)]


def group(folder, quick):
    documents, rounds = (400, 3) if quick else (2000, 7)
    command = [programs.PROGRAMS / "bench_group_commit", "--folder", folder, "--documents", str(documents), "--rounds", str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"bench_group_commit: {done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    made = []
    for shape, what, least in SHAPES:
        way = told[shape]
        made.append(Row(f"Events of {what}", way["queued"], "/s", way["alone"], least=least))
        made.append(Row("CPU of one of these", way["cpu_queued"], "s", way["cpu_alone"]))
    made.append(Row("durable Events a second, at most", max(way["queued"] for way in told.values()), "/s", EVENTS_A_SECOND, least=1))
    return made
