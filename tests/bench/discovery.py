"""(a) and (b): one Discovery over many partners, against what an ideal client and a client that waits at each stage make of the same answers."""
import concurrent.futures
import functools
import json
import os
import pathlib
import time
import urllib.parse

from ideal import DOCUMENT, PAGE, PATIENTS, Entry, Ideal, Staged, by_partner
from rows import Row
from support import fhir, programs, web
from support.websocket import WebSocket

LANE = 4  # [partner_defaults] max_concurrent
PROFILE = os.environ.get("TRIBUTARY_BENCH_PROFILE", "default")
PATIENTS_OF_PROFILE = {"sample": [("bob", "smith")], "default": [("Alice", "Newman"), ("Ramona980", "Godínez202"), ("Allen322", "Ferry570")]}
LONGEST_SECONDS = 300


def criteria_of(given, family):
    return f"DocumentReference?patient.given={urllib.parse.quote(given)}&patient.family={urllib.parse.quote(family)}"


def calls_of(simulator, since=0.0):
    """What the communities were asked for since then, capability statements left out."""
    told = web.get(f"{simulator.base}/calls").json()["calls"]
    return [{**call, "asked": call["asked_us"] / 1e6, "seconds": call["latency_us"] / 1e6} for call in told
            if call["step"] != "none" and call["asked_us"] / 1e6 >= since]


def wait_for_capabilities(simulator):
    """Until every community was asked what it can do: how patients are searched for depends on it."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        asked = {call["partner"] for call in web.get(f"{simulator.base}/calls").json()["calls"] if call["step"] == "none"}
        if len(asked) == simulator.partners:
            break
        time.sleep(0.1)
    time.sleep(1)


class Watched:
    """One Subscription from its creation to the last document, by the clock of this machine."""

    def __init__(self, server, criteria):
        self.server, self.criteria = server, criteria
        self.began = time.monotonic()
        made = web.call("POST", f"{server.fhir}/Subscription", fhir.topic(criteria)).json()
        token = web.get(f"{server.fhir}/Subscription/{made['id']}/$get-ws-binding-token").json()
        values = {each["name"]: next(v for k, v in each.items() if k.startswith("value")) for each in token["parameter"]}
        self.socket = WebSocket(values["websocket-url"])
        self.socket.send(f"bind-with-token {values['token']}")
        try:
            self.wait_until_complete()
            self.read_documents()
        finally:
            self.socket.close()
        self.events = [at for at, text in self.socket.messages if '"event-notification"' in text]

    def wait_until_complete(self):
        url = f"{self.server.fhir}/{self.criteria}&_count=1"
        while True:
            progress = fhir.progress(web.get(url).json())
            if progress.get("state", "complete") == "complete":  # a complete answer has nothing to say about it
                return
            if time.monotonic() - self.began > LONGEST_SECONDS:
                raise RuntimeError(f"the Discovery did not end: {progress}")
            time.sleep(0.1)

    def read_documents(self):
        """Reads every document that was told: each has to be there."""
        urls = {content["attachment"]["url"] for _, text in list(self.socket.messages) if '"event-notification"' in text
                for entry in json.loads(text)["entry"][1:] for content in entry["resource"].get("content", []) if "url" in content["attachment"]}

        def read(url):
            return web.call("GET", url, headers={"Accept": "*/*"}, seconds=LONGEST_SECONDS).status

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            failed = [status for status in pool.map(read, urls) if status != 200]
        if failed:
            raise RuntimeError(f"{len(failed)} of {len(urls)} documents cannot be read: {sorted(set(failed))}")


def entries_of(base, call):
    """{entry id: Entry} of one page, from communities that answer at once."""
    path, _, query = call["target"].partition("?")
    root = f"{base}/{call['partner']}/fhir"
    if call["method"] == "GET":
        bundle = web.get(f"{root}{path}?{query}", Accept=fhir.FHIR_JSON).json()
    else:
        bundle = web.call("POST", f"{root}{path}", query, {"Content-Type": "application/x-www-form-urlencoded"}).json()
    return {resource["id"]: Entry(resource) for resource in fhir.resources(bundle)}


def replay(simulator, calls):
    """Makes the same calls with a barrier after each stage: seconds to the end of the second and of the third."""
    def make(call):
        path, _, query = call["target"].partition("?")
        url = f"{simulator.base}/{call['partner']}/fhir{path}"
        if call["method"] == "GET":
            web.call("GET", url + (f"?{query}" if query else ""), headers={"Accept": "*/*"}, seconds=LONGEST_SECONDS)
        else:
            kind = fhir.FHIR_JSON if query.startswith("{") else "application/x-www-form-urlencoded"
            web.call("POST", url, query, {"Content-Type": kind}, seconds=LONGEST_SECONDS)

    def one_after_the_other(chain):
        for call in chain:
            make(call)

    def in_lane(chain):
        with concurrent.futures.ThreadPoolExecutor(LANE) as lane:
            list(lane.map(make, chain))

    began, ends = time.monotonic(), []
    partners = by_partner(calls).values()
    with concurrent.futures.ThreadPoolExecutor(len(partners)) as pool:
        for step, run in ((PATIENTS, one_after_the_other), (PAGE, one_after_the_other), (DOCUMENT, in_lane)):
            list(pool.map(run, [[call for call in asked if call["step"] == step] for asked in partners]))
            ends.append(time.monotonic() - began)
    return ends[1], ends[2]


class Measured:
    """One Discovery, its ideal, and the client that waits."""

    def __init__(self, folder, given, family, divisor):
        self.patient = f"{given} {family}"
        options = ["--fail", "off"]
        criteria = criteria_of(given, family)
        simulator = programs.Simulator(folder / "partners", "--latency", str(divisor), *options, profile=PROFILE)
        server = None
        try:
            server = programs.Tributary(folder / "server", self.sections(simulator))
            wait_for_capabilities(simulator)
            watched = Watched(server, criteria)
            calls = calls_of(simulator, watched.began)
            server.stop()
            self.waited = replay(simulator, calls)
            query = urllib.parse.urlencode({"criteria": criteria, "acceptance": "strict"})
            oracle = web.get(f"{simulator.base}/oracle?{query}").json()
        finally:
            if server:
                server.kill()
            simulator.stop()
        self.calls, self.documents = calls, oracle["documents"]
        self.ideal = Ideal(calls, self.pages(folder / "twin", options), self.documents, LANE)
        self.staged = Staged(calls, LANE)
        self.first, self.last = watched.events[0] - watched.began, watched.events[-1] - watched.began
        self.last_document = max((call["asked"] + call["seconds"] for call in calls if call["step"] == DOCUMENT), default=0) - watched.began
        self.told = len(watched.events)

    def sections(self, simulator):
        return {"partners_file": str(simulator.partners_file.resolve()), "server": {"listen": "127.0.0.1:0"},
                "operations": {"listen": "127.0.0.1:0"}, "cache": {"path": "cache.db"}}

    def pages(self, folder, options):
        """What each page listed: the same communities are asked again, and answer at once."""
        twin = programs.Simulator(folder, "--latency", "off", *options, profile=PROFILE)
        try:
            return {(call["partner"], call["target"]): entries_of(twin.base, call) for call in self.calls if call["step"] == PAGE}
        finally:
            twin.stop()

    def summary(self):
        asked = len(by_partner(self.calls))
        knowing = len({call["partner"] for call in self.calls if call["step"] == PAGE})
        return f"{asked} partners, {knowing} know the patient, {self.told} Events, {len(self.calls)} calls"


@functools.cache
def measure_all(quick):
    """(a) and (b) look at the same runs."""
    patients = PATIENTS_OF_PROFILE[PROFILE]
    with programs.temporary_folder("bench") as folder:
        return [Measured(pathlib.Path(folder) / given, given, family, 50 if quick else 10)
                for given, family in (patients[:1] if quick else patients)]


def against_ideal(_folder, quick):
    made = []
    for run in measure_all(quick):
        made += [Row(f"{run.patient}: first Event", run.first, "s", run.ideal.first_event, slack=0.010, note=run.summary()),
                 Row(f"{run.patient}: last Event", run.last, "s", run.ideal.last_event, most=1.05),
                 Row(f"{run.patient}: last document", run.last_document, "s", run.ideal.last_document, most=1.05)]
    return made


def against_waiting(_folder, quick):
    made = []
    for run in measure_all(quick):
        told, retrieved = run.waited
        made += [Row(f"{run.patient}: first Event", run.first, "s", told, note=f"such a client without any cost of its own: {run.staged.events:.3f} s"),
                 Row(f"{run.patient}: last Event", run.last, "s", told),
                 Row(f"{run.patient}: last document", run.last_document, "s", retrieved,
                     note=f"such a client without any cost of its own: {run.staged.last_document:.3f} s")]
    return made
