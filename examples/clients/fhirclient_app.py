#!/usr/bin/env python3
"""fhirclient_app.py [BASE]: an app that asks and waits, with SMART's fhirclient (pip install -r requirements.txt).

Subscribes, so that the communities are asked; searches until the answer is complete; prints each document with the size of its text; unsubscribes.
"""
import sys
import time

from fhirclient.client import FHIRClient
from fhirclient.models.documentreference import DocumentReference
from fhirclient.models.subscription import Subscription

PATIENT = {"patient.given": "bob", "patient.family": "smith"}


def subscribe(server):
    """A classic Subscription; this app does not listen, it searches."""
    wanted = Subscription({
        "status": "requested", "reason": "Admission of Bob Smith", "channel": {"type": "websocket"},
        "criteria": "DocumentReference?" + "&".join(f"{name}={value}" for name, value in PATIENT.items())})
    return Subscription(wanted.create(server))


def state(outcome):
    """How far the communities have been asked: none, running, late (going on) or complete (some may have failed)."""
    told = next(each for each in outcome.issue[0].extension if each.url.endswith("/discovery-progress"))
    return next(each.valueCode for each in told.extension if each.url == "state")


def search(server):
    """Every page; the outcome among the entries tells what is still missing, and is gone when nothing is."""
    found, missing = [], False
    bundle = DocumentReference.where(struct={**PATIENT, "_count": "5"}).perform(server)
    while bundle:
        for entry in bundle.entry or []:
            missing = missing or entry.search.mode == "outcome" and state(entry.resource) != "complete"
            if entry.search.mode == "match":
                found.append(entry.resource)
        following = next((link.url for link in bundle.link if link.relation == "next"), None)
        bundle = bundle.read_from(following, server) if following else None
    return found, missing


def main(base="http://127.0.0.1:8080/fhir"):
    server = FHIRClient(settings={"app_id": "example", "api_base": base}).server
    subscription = subscribe(server)
    try:
        found, missing = search(server)
        while missing:
            time.sleep(0.2)
            found, missing = search(server)
        for document in found:
            attachment = document.content[0].attachment
            print(document.id, document.type.text or document.type.coding[0].display, len(server.request_data(attachment.url)), "bytes", flush=True)
    finally:
        subscription.delete(server)


if __name__ == "__main__":
    main(*sys.argv[1:])
