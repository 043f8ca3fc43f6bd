#!/usr/bin/env python3
"""wait_for_all.py PARTNERS.toml CRITERIA [OPTIONS]: what Tributary is measured against.

Asks every partner for the patient at the same time and waits for all answers; asks every partner that knows the patient
for documents, again all at the same time, and waits for all pages; only then shows anything. Prints when each step was
over, by the clock.
"""
import argparse
import concurrent.futures
import http.client
import json
import sys
import time
import tomllib
import unicodedata
import urllib.parse

PAUSE_SECONDS = 1.5  # between two attempts, as Tributary's
FHIR_JSON = "application/fhir+json"


class Partners:
    """Searches at partners; `timeouts`: seconds for one that asks for the patient, and for a page of documents."""

    def __init__(self, timeouts, attempts=2):
        self.timeouts, self.attempts = dict(zip(("Patient", "DocumentReference"), timeouts)), attempts

    def fetch(self, url, kind, headers):
        """The Bundle at `url`, which has resources of that kind."""
        for attempt in range(self.attempts):
            try:
                return self.fetch_once(urllib.parse.urlsplit(url), self.timeouts[kind], {"Accept": FHIR_JSON, **headers})
            except (OSError, ValueError, http.client.HTTPException):
                if attempt + 1 == self.attempts:
                    raise
                time.sleep(PAUSE_SECONDS)
        return None

    def fetch_once(self, url, timeout, headers):
        made = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = made(url.netloc, timeout=timeout)
        try:
            connection.request("GET", url.path + ("?" + url.query if url.query else ""), headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
            bundle = json.loads(answer.read())
            if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
                raise ValueError("no Bundle")
            return bundle
        finally:
            connection.close()


def entries(bundle, kind):
    return [entry["resource"] for entry in bundle.get("entry", []) if entry["resource"]["resourceType"] == kind]


def plain(text):
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))


def is_the_one(patient, demographics):
    """Whole names, not beginnings, and none that somebody is only called: the rule by which Tributary accepts a Patient too."""
    return any(name.get("use") not in ("nickname", "anonymous", "old") and plain(name.get("family", "")) == plain(demographics["family"])
               and plain((name.get("given") or [""])[0]) == plain(demographics["given"]) for name in patient.get("name", []))


def find_patients(partners, partner, demographics):
    url = f"{partner['fhir']}/Patient?{urllib.parse.urlencode(demographics)}"
    return entries(partners.fetch(url, "Patient", partner.get("headers", {})), "Patient")


def find_documents(partners, partner, patient):
    url, found = f"{partner['fhir']}/DocumentReference?patient={patient['id']}&status=current,superseded", []
    while url:
        bundle = partners.fetch(url, "DocumentReference", partner.get("headers", {}))
        found += [each for each in entries(bundle, "DocumentReference")
                  if each["subject"]["reference"].endswith(f"Patient/{patient['id']}")]
        url = next((urllib.parse.urljoin(url, link["url"]) for link in bundle.get("link", []) if link["relation"] == "next"), None)
    return found


def at_all(pool, function, calls):
    """Runs every call at the same time and waits for all; ([(partner, result)], how many failed)."""
    running = [(partner, pool.submit(function, partner, argument)) for partner, argument in calls]
    answers, failed = [], 0
    for partner, future in running:
        try:
            answers.append((partner, future.result()))
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            failed += 1
    return answers, failed


def main(arguments):
    with open(arguments.partners, "rb") as file:
        listed = tomllib.load(file)["partner"]
    demographics = {key.removeprefix("patient."): value
                    for key, value in urllib.parse.parse_qsl(arguments.criteria.partition("?")[2])}
    partners, began = Partners(arguments.timeouts, arguments.attempts), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(listed)) as pool:
        patients, unheard = at_all(pool, lambda *call: find_patients(partners, *call), [(each, demographics) for each in listed])
        print(f"  {time.monotonic() - began:6.3f} s  all {len(listed)} have said whether they know the patient; {unheard} failed", flush=True)
        matches = [(partner, patient) for partner, found in patients for patient in found if is_the_one(patient, demographics)]
        documents, failed = at_all(pool, lambda *call: find_documents(partners, *call), matches)
    took, count = time.monotonic() - began, sum(len(listed) for _, listed in documents)
    print(f"  {took:6.3f} s  all {len(matches)} that do have listed their documents; {failed} failed")
    print(f"  {took:6.3f} s  {count} entries to show, first and last at the same moment")
    if arguments.summary:
        with open(arguments.summary, "w") as file:
            file.write(f"{count} entries, first after {took:.3f}s, last after {took:.3f}s; {took:.3f}s in all\n")
    return 0 if count else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("partners", help="a partner list of Tributary")
    parser.add_argument("criteria", help="DocumentReference?patient.given=…&patient.family=…")
    parser.add_argument("--timeouts", type=float, nargs=2, default=(60, 60), help="seconds for one request: patients, documents")
    parser.add_argument("--attempts", type=int, default=2, help="how often a request is sent before its partner has failed")
    parser.add_argument("--summary", help="also write a line with the times to this file")
    sys.exit(main(parser.parse_args()))
