#!/usr/bin/env python3
"""wait_for_all.py PARTNERS.toml CRITERIA: what Tributary is measured against.

Asks every partner for the patient at the same time and waits for all answers; asks every partner that knows the patient
for documents and waits for all pages; only then shows anything. Prints when each step was over, by the clock.
"""
import concurrent.futures
import json
import sys
import time
import tomllib
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT_SECONDS = 60


def fetch(url):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "application/fhir+json"}), timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)


def entries(bundle, kind):
    return [entry["resource"] for entry in bundle.get("entry", []) if entry["resource"]["resourceType"] == kind]


def find_patients(partner, demographics):
    return entries(fetch(f"{partner['fhir']}/Patient?{urllib.parse.urlencode(demographics)}"), "Patient")


def is_the_one(patient, demographics):
    """Whole names, not beginnings: the rule by which Tributary accepts a Patient too."""
    return any(name.get("family", "").casefold() == demographics["family"].casefold()
               and name.get("given", [""])[0].casefold() == demographics["given"].casefold() for name in patient["name"])


def find_documents(partner, patient):
    url, found = f"{partner['fhir']}/DocumentReference?patient={patient['id']}&status=current,superseded", []
    while url:
        bundle = fetch(url)
        found += [each for each in entries(bundle, "DocumentReference")
                  if each["subject"]["reference"].endswith(f"Patient/{patient['id']}")]
        url = next((urllib.parse.urljoin(url, link["url"]) for link in bundle.get("link", []) if link["relation"] == "next"), None)
    return found


def at_all(pool, function, calls):
    """Runs every call at the same time and waits for all; ([(partner, result)], [name of a partner that failed])."""
    running = [(partner, pool.submit(function, partner, argument)) for partner, argument in calls]
    answers, failed = [], []
    for partner, future in running:
        try:
            answers.append((partner, future.result()))
        except (urllib.error.URLError, ValueError, OSError):
            failed.append(partner["name"])
    return answers, failed


def same_document(document):
    master = document.get("masterIdentifier")
    return (master.get("system"), master["value"]) if master else id(document)


def main(partners_file, criteria):
    with open(partners_file, "rb") as file:
        partners = tomllib.load(file)["partner"]
    demographics = {key.removeprefix("patient."): value for key, value in urllib.parse.parse_qsl(criteria.partition("?")[2])}
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(partners) * 2) as pool:
        patients, failed = at_all(pool, find_patients, [(partner, demographics) for partner in partners])
        print(f"  {time.monotonic() - began:5.2f} s  all {len(partners)} communities have said whether they know the patient"
              f" ({len(failed)} failed: {', '.join(failed) or 'none'})")
        matches = [(partner, patient) for partner, found in patients for patient in found if is_the_one(patient, demographics)]
        documents, failed = at_all(pool, find_documents, matches)
    found = {same_document(each) for _, listed in documents for each in listed}
    print(f"  {time.monotonic() - began:5.2f} s  all {len(matches)} that do have listed their documents")
    print(f"  {time.monotonic() - began:5.2f} s  {len(found)} documents, the first and the last at the same moment")
    return 1 if failed or not found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
