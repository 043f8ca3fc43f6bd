"""(f) what a Discovery costs as partners grow: a patient whom nobody knows, the commonest case."""
import time
import urllib.parse

import process
from discovery import PROFILE, wait_for_capabilities
from rows import Row
from support import fhir, programs, web

PARTNERS = (10, 50, 200, 1000)


def cpu_of_a_discovery(folder, partners, discoveries):
    simulator = programs.Simulator(folder / "partners", "--latency", "off", "--fail", "off", "--partners", str(partners), profile=PROFILE)
    server = None
    try:
        sections = {"partners_file": str(simulator.partners_file.resolve()), "server": {"listen": "127.0.0.1:0"},
                    "operations": {"listen": "127.0.0.1:0"}, "cache": {"path": "cache.db"}}
        server = programs.Tributary(folder / "server", sections)
        wait_for_capabilities(simulator)
        run(server, "warm")
        before = process.cpu_seconds(server)
        for number in range(discoveries):
            run(server, f"nobody{number}")
        return (process.cpu_seconds(server) - before) / discoveries
    finally:
        if server:
            server.kill()
        simulator.stop()


def run(server, given):
    """One Discovery to its end."""
    criteria = "DocumentReference?" + urllib.parse.urlencode({"patient.given": given, "patient.family": "bench"})
    answer = web.call("POST", f"{server.fhir}/Subscription", fhir.classic(criteria))
    if answer.status != 201:
        raise RuntimeError(f"Subscription refused: {answer}")
    end = time.monotonic() + 60
    while fhir.progress(web.get(f"{server.fhir}/{criteria}").json()).get("state", "complete") != "complete":
        if time.monotonic() > end:
            raise RuntimeError("the Discovery did not end")
        time.sleep(0.05)


def cost(folder, quick):
    costs = {count: cpu_of_a_discovery(folder / str(count), count, 3 if quick else 20) for count in PARTNERS}
    fewest = PARTNERS[1]
    made = [Row(f"CPU of a Discovery over {PARTNERS[0]} partners", costs[PARTNERS[0]], "s")]
    for count in PARTNERS[1:]:
        made.append(Row(f"CPU of a Discovery over {count} partners", costs[count], "s", costs[fewest] / fewest * count,
                        most=1.15 if count > fewest else None,
                        note=f"against {count}/{fewest} of that over {fewest}" if count > fewest else ""))
    return made
