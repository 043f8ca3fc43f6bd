#!/usr/bin/env python3
"""Whole runs judged by the simulator's oracle: 200 communities, many patients, one run a seed.

  oracle.py --seeds 1..20 --fail on --acceptance strict [--jobs 2] [--patients headline|all] [--data DIR]

Each run starts partner-simulator and tributary, subscribes for every patient by REST-hook, waits until the Discoveries are over and the documents are
there, and compares what was notified, what a search finds, who was ambiguous and who failed with the oracle, exactly. Prints each difference; exit status
1 if there was one. Needs the release programs (build/release/bin, or TRIBUTARY_PROGRAMS=folder) and the folder of test data."""
import argparse
import base64
import concurrent.futures
import csv
import hashlib
import pathlib
import sys
import time
import tomllib
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from support import fhir, programs, suite, web  # noqa: E402  (after the path is set)
from support.receiver import Receiver  # noqa: E402

BUSY = ("tributary_discoveries_running", "tributary_retrievals_open", "tributary_undelivered_events", "tributary_storage_pending_jobs",
        "tributary_lane_running", "tributary_deliveries_in_flight")
SEED_SECONDS = 90

# (family, given, birth date): those whom the fixture names, the awkward ones, and what nobody is called.
HEADLINE = [
    ("Newman", "Alice", "1970-05-01"), ("Bogan287", "Beatris270", "2015-05-03"), ("Morar593", "Edythe31", "1974-06-18"),
    ("Godínez202", "Ramona980", "1937-04-17"), ("Bates", "Jeremy", "1980-08-01"), ("Brönnimann-Bertholet", "Elisabeth", "1937-05-03"),
    ("Ferry570", "Allen322", "1940-12-31"), ("Newcomb", "Alice", "1970-05-01"), ("UNK", "UNK", ""), ("Washington", "Herkemer", "1970-05-01"),
    ("Fonseca", "Agustín", "1994-02-01"), ("Wright", "John", "1980-08-01"), ("Jones", "Isabella", "2005-05-01"), ("Jones", "Myra", "1947-05-01"),
    ("Betterhalf", "Eve", "1975-05-01"), ("Connectathon", "Sept", "2004-05-18"), ("WANG", "Daming", "1990-01-01"), ("Nobody", "Noah", "1900-01-01")]
OTHERS = [
    ("Turner", "Susan", "1970-08-01"), ("Glazer", "Sandra", "1970-05-01"), ("Nguyen", "Mai", "1994-10-18"), ("Young", "Alfred", "2013-06-18"),
    ("Brown", "Jack", "1980-01-01"), ("Brown", "Melissa", "2016-05-09"), ("McKiney", "Karen", "1970-05-01"), ("Maur", "Richard", "1980-08-01"),
    ("Damore", "Juan", "1953-03-02"), ("Levin", "Henry", "1953-03-02"), ("Musterfrau", "Maria", "1961-12-24"), ("Banks", "Mia", "1983-08-25"),
    ("Irvine", "Ronny", ""), ("Abernathy", "Omar", "2000-07-20"), ("Knudsen", "Knud", "1988-02-25"), ("Alighieri", "Dante", "1971-05-01"),
    ("Patient", "Peach", "1951-01-01"), ("DeLarosa", "Martha", "1972-05-01"), ("Grëcówich", "Janny", "1957-02-02"), ("Skelly", "Horace", "1925-04-21")]


def criteria_of(*pairs):
    return "DocumentReference?" + "&".join(f"{name}={urllib.parse.quote(value)}" for name, value in pairs)


def questions(people):
    """Two or three for each: with and without the birth date, in another order and case, by family name alone."""
    asked = []
    for family, given, birth_date in people:
        names = [("patient.given", given), ("patient.family", family)]
        asked.append(criteria_of(*names))
        if birth_date:
            asked.append(criteria_of(("patient.birthdate", birth_date), ("patient.family", family.upper()), ("patient.given", given.lower())))
    for family in ("Newman", "Jones", "Connectathon", "Brown"):
        if any(each[0] == family for each in people):
            asked.append(criteria_of(("patient.family", family)))
    asked.append(criteria_of(("patient.given", "alice"), ("patient.family", "newman"), ("patient.gender", "female")))
    return list(dict.fromkeys(asked))


def synthea_people(data):
    with open(data / "patients.csv", encoding="utf-8", newline="") as file:
        return [(row["family"], row["given"], row["birthDate"]) for row in csv.DictReader(file)]


def our_id(partner, remote_id):
    """The id that tributary gives a DocumentReference whose first holder is that one (architecture 8)."""
    parts = [part.encode() for part in ("", partner, "DocumentReference", remote_id)]
    digest = hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()
    return base64.b32encode(digest).decode().lower()[:32]


def judged(simulator, acceptance, criteria):
    """What the oracle says about a question, now."""
    answer = web.get(f"{simulator.base}/oracle?{urllib.parse.urlencode({'criteria': criteria, 'acceptance': acceptance})}")
    if answer.status != 200:
        raise AssertionError(f"the oracle refuses {criteria}: {answer.body[:300]}")
    return answer.json()


def copies_of(answers):
    """Our ids of every holder → those of all holders of the same document, whoever asked."""
    copies = {}
    for answer in answers:
        for document in answer["documents"]:
            holders = {our_id(each["partner"], each["id"]) for each in document["holders"]}
            for holder in holders:
                copies.setdefault(holder, set()).update(holders)
    return copies


def superseded_by(answers):
    """Our ids of what a newer version has replaced, whoever's question found that one: a document has one status, whoever asks."""
    return {our_id(holder["partner"], holder["id"]) for answer in answers for document in answer["documents"] if document["status"] == "superseded"
            for holder in document["holders"]}


def search_all(tributary, criteria):
    """All pages: the ids of the documents found, and the issues of the answer about completeness."""
    url, found, issues = f"{tributary.fhir}/{criteria}&_count=1000", {}, []
    while url:
        bundle = web.get(url).json()
        found.update({each["id"]: each for each in fhir.resources(bundle)})
        issues += (fhir.outcome(bundle) or {"issue": []})["issue"] if not issues else []
        url = next((link["url"] for link in bundle.get("link", []) if link["relation"] == "next"), None)
    return found, issues


class Run:
    """One seed: both programs, one Subscription a question."""

    def __init__(self, seed, options, folder):
        self.options = options
        self.simulator = programs.Simulator(folder, "--seed", seed, "--latency", options.latency, "--fail", options.fail, "--data", options.data,
                                            profile="default")
        self.names = {each["id"]: each["name"] for each in tomllib.loads(self.simulator.partners_file.read_text())["partner"]}
        self.tributary = programs.Tributary(folder, {
            "partners_file": str(self.simulator.partners_file), "server": {"listen": "127.0.0.1:0"}, "operations": {"listen": "127.0.0.1:0"},
            "cache": {"path": "cache.db", "synchronous": "normal"}, "discovery": {"acceptance": options.acceptance},
            "delivery": {"allow_http": True, "allow_private_addresses": True},
            # One attempt more than a flaky community can spoil: a search may give way to $match, which it has not been asked yet, in between.
            "partner_defaults": {"breaker_failures": 1000000, "breaker_pause": "1s", "attempts": 4}})
        self.receiver = Receiver()

    def end(self):
        self.receiver.stop()
        self.tributary.kill()
        self.simulator.kill()

    def subscribe(self, asked):
        self.subscriptions = {}
        for number, criteria in enumerate(asked):
            answer = web.call("POST", f"{self.tributary.fhir}/Subscription",
                              fhir.topic(criteria, f"{self.receiver.endpoint}/{number}", content="id-only"))
            if answer.status != 201:
                raise AssertionError(f"{criteria}: {answer.status} {answer.body[:300]}")
            self.subscriptions[criteria] = f"/hook/{number}"

    def wait(self):
        """Until nothing is under way, twice in a row; False when the time is over."""
        end, quiet = time.monotonic() + SEED_SECONDS, 0
        while quiet < 3:
            if time.monotonic() > end:
                return False
            time.sleep(0.25)
            quiet = 0 if self.busy() else quiet + 1
        return True

    def busy(self):
        text = web.get(f"{self.tributary.operations}/metrics").body.decode()
        return [line for line in text.splitlines() if line.startswith(BUSY) and float(line.rpartition(" ")[2]) > 0]

    def ask_oracle(self):
        """Its answer to each question, and which holders hold one document, whoever asked."""
        self.answers = {criteria: judged(self.simulator, self.options.acceptance, criteria) for criteria in self.subscriptions}
        self.copies = copies_of(self.answers.values())
        self.superseded = superseded_by(self.answers.values())

    def differences(self, criteria):
        expected, (found, issues) = self.answers[criteria], search_all(self.tributary, criteria)
        path = self.subscriptions[criteria]
        told = [each for each in self.notifications if each[0] == path]
        comparison = Comparison(expected["documents"], found, self.copies, self.superseded)
        comparison.notified([focus for _, number, focus in sorted(told, key=lambda each: each[1])])
        numbers = sorted({number for _, number, _ in told})
        if numbers != list(range(1, len(numbers) + 1)):
            comparison.tell(f"event numbers {numbers}")
        comparison.searched()
        about = {"ambiguous": set(), "failed": set()}
        for issue in issues[1:]:
            kind = "ambiguous" if issue["code"] == "multiple-matches" else "failed"
            about[kind].add(issue["diagnostics"].partition(": ")[0])
        for kind, named in about.items():
            wanted = {self.names[partner] for partner in expected[kind]}
            if kind == "ambiguous":
                wanted -= {self.names[partner] for partner in expected["perhaps_ambiguous"]} - named
            if named != wanted:
                comparison.tell(f"{kind}: too many {sorted(named - wanted)}, missing {sorted(wanted - named)}")
        return comparison.problems

    def collect(self):
        """(path, number, focus) of each Event that was notified, repeats left out."""
        self.notifications = set()
        for request in self.receiver.received(lambda request: request.method == "POST" and b"event-notification" in request.body):
            for parameter in request.json()["entry"][0]["resource"]["parameter"]:
                if parameter["name"] != "notification-event":
                    continue
                parts = {part["name"]: part for part in parameter["part"]}
                focus = parts["focus"]["valueReference"]["reference"].rpartition("/")[2]
                number = int(next(value for key, value in parts["event-number"].items() if key.startswith("value")))
                self.notifications.add((request.target, number, focus))


class Comparison:
    """What one Subscription was told and what its search finds, against the oracle's documents."""

    def __init__(self, documents, found, copies, superseded):
        self.documents, self.found, self.problems = documents, found, []
        self.copies, self.superseded = copies, superseded
        self.owner = {our_id(holder["partner"], holder["id"]): index for index, document in enumerate(documents)
                      for holder in document["holders"]}
        # A document keeps the id of its first holder, who may be known from another Subscription alone.
        for index, document in enumerate(documents):
            for holder in document["holders"]:
                for copy in copies[our_id(holder["partner"], holder["id"])]:
                    self.owner.setdefault(copy, index)

    def tell(self, problem):
        self.problems.append(problem)

    def name(self, index):
        document = self.documents[index]
        holders = ", ".join(f"{each['partner']}/{each['id']} {each['class']}" for each in document["holders"])
        return f"{document['id']} \"{document['title']}\" [{holders}]"

    def notified(self, foci):
        told = [0] * len(self.documents)
        for focus in foci:
            if focus in self.owner:
                told[self.owner[focus]] += 1
            else:
                resource = self.found.get(focus, {})
                self.tell(f"notified, not expected: {focus} {resource.get('description')} {resource.get('meta', {}).get('source')}")
        for index, count in enumerate(told):
            least, most = self.documents[index]["events"]
            if not least <= count <= most:
                self.tell(f"notified {count} times instead of {least} to {most}: {self.name(index)}")

    def may_be_replaced(self, identifier):
        """By what another question has found; or it has its name in common with another document, and what replaces that one by name replaces both."""
        document = self.documents[self.owner[identifier]]
        first = document["holders"][0]
        return bool(self.copies.get(identifier, set()) & self.superseded) or document["id"] == f"{first['partner']}/{first['id']}"

    def searched(self):
        hits = [0] * len(self.documents)
        for identifier, resource in self.found.items():
            if identifier in self.owner:
                hits[self.owner[identifier]] += 1
                wanted = self.documents[self.owner[identifier]]["status"]
                if resource["status"] != wanted and not (resource["status"] == "superseded" and self.may_be_replaced(identifier)):
                    self.tell(f"found with status {resource['status']} instead of {wanted}: {self.name(self.owner[identifier])}")
            else:
                self.tell(f"found, not expected: {identifier} {resource.get('description')} {resource.get('meta', {}).get('source')}")
        for index, count in enumerate(hits):
            if count > 1 or count < min(1, self.documents[index]["events"][0]):
                self.tell(f"found {count} times instead of once: {self.name(index)}")


def judge(seed, options, asked):
    """The lines to print for one seed, and the number of differences."""
    began = time.monotonic()
    with programs.temporary_folder("oracle") as folder:
        run = Run(seed, options, folder)
        try:
            run.subscribe(asked)
            ended = run.wait()
            run.collect()
            run.ask_oracle()
            lines = [] if ended else [f"  still busy after {SEED_SECONDS} s: {' '.join(run.busy()[:5])}"]
            for criteria in asked:
                lines += [f"  {urllib.parse.unquote(criteria)}: {problem}" for problem in run.differences(criteria)]
            documents = len({focus for _, _, focus in run.notifications})
            if documents < options.at_least:
                lines.append(f"  {documents} documents told, at least {options.at_least} wanted: is the data folder whole?")
        finally:
            run.end()
    took = time.monotonic() - began
    verdict = f"{len(lines)} DIFFERENCES" if lines else "equal"
    return [f"seed {seed}: {verdict}; {len(asked)} subscriptions, {documents} documents, {took:.1f} s", *lines], len(lines)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1..5", help="A..B, or one number")
    parser.add_argument("--fail", choices=("on", "off"), default="off")
    parser.add_argument("--acceptance", choices=("strict", "search"), default="strict")
    parser.add_argument("--patients", choices=("headline", "all"), default="headline")
    parser.add_argument("--latency", default="off", help="as of the simulator: off, real or a divisor")
    parser.add_argument("--at-least", type=int, default=20, help="documents told in all; fewer: nothing was compared")
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time")
    parser.add_argument("--data", type=pathlib.Path, default=programs.SHARED / "data", help="folder of test data; default: shared/data beside the repository")
    parser.add_argument("--summary", type=pathlib.Path, help='file that gets "passed failed skipped"')
    return parser.parse_args()


def main():
    options = arguments()
    missing = programs.missing_programs()
    if missing:
        sys.exit(f"not built: {', '.join(missing)} in {programs.PROGRAMS}")
    first, _, last = options.seeds.partition("..")
    seeds = range(int(first), int(last or first) + 1)
    if not (options.data / "MANIFEST.csv").exists():
        print(f"!!! SKIPPED, all {len(seeds)} seeds: no folder of test data at {options.data}")
        suite.summarise(options.summary, 0, 0, len(seeds))
        return 0
    people = HEADLINE
    if options.patients == "all":
        people = [*HEADLINE, *OTHERS, *synthea_people(options.data)]
    asked, different = questions(people), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for lines, differences in pool.map(lambda seed: judge(seed, options, asked), seeds):
            print("\n".join(lines), flush=True)
            different += bool(differences)
    suite.summarise(options.summary, len(seeds) - different, different, 0)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
