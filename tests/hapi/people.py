"""Who is at the communities: Synthea patients of the shared data where it is there, and people made up here."""
import base64
import json
import os
import pathlib

from support.programs import REPOSITORY

SHARED = pathlib.Path(os.environ.get("TRIBUTARY_SHARED", REPOSITORY.parent / "shared"))
SYNTHEA = SHARED / "data" / "synthea" / "2023" / "bogan287-beatris270.json"


class Person:
    """A Patient and the documents about them, with the references that a single server could not resolve left out."""

    def __init__(self, patient, documents):
        self.patient, self.documents = patient, documents
        name = patient["name"][0]
        self.criteria = (f"DocumentReference?patient.given={name['given'][0]}&patient.family={name['family']}"
                         f"&patient.birthdate={patient['birthDate']}")

    def store(self, server, tenant, documents):
        """Puts the Patient and some of the documents into a tenant."""
        subject = {"reference": f"Patient/{server.store(tenant, self.patient)}"}
        for document in documents:
            server.store(tenant, {**document, "subject": subject})


def key(document):
    """What makes a document this one, on both sides of Tributary."""
    return document["masterIdentifier"]["value"]


def from_synthea(path):
    entries = [entry["resource"] for entry in json.loads(path.read_text())["entry"]]
    patient = next(each for each in entries if each["resourceType"] == "Patient")
    kept = {name: patient[name] for name in ("resourceType", "identifier", "name", "gender", "birthDate")}
    documents = []
    for each in entries:
        if each["resourceType"] == "DocumentReference":
            made = {name: each[name] for name in ("resourceType", "status", "type", "category", "date", "content")}
            documents.append({**made, "masterIdentifier": each["identifier"][0]})
    return Person(kept, documents)


def made_up(given, family, count):
    """Somebody with `count` short notes."""
    patient = {"resourceType": "Patient", "active": True, "name": [{"family": family, "given": [given]}],
               "identifier": [{"system": "urn:oid:2.999.8.100", "value": f"{family}-{given}"}],
               "gender": "female", "birthDate": "1961-02-03"}
    documents = []
    for number in range(count):
        text = f"Note {number} about {given} {family}."
        documents.append({
            "resourceType": "DocumentReference", "status": "current", "date": f"2025-03-{number % 28 + 1:02}T09:00:00Z",
            "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:2.999.7.100.{len(family)}.{len(given)}.{number}"},
            "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4", "display": "Consult note"}]},
            "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}}],
        })
    return Person(patient, documents)


def headline():
    """The person of the main tests: Synthea's where the shared data is there, else made up."""
    if SYNTHEA.exists():
        return from_synthea(SYNTHEA)
    print(f"  !!! {SYNTHEA.name} is not there: using made-up notes", flush=True)
    return made_up("Beatrix", "Bogan", 31)
