"""A partner community as a scripted FHIR server: Patient search, DocumentReference search with pages, documents."""
import base64
import hashlib
import threading
import urllib.parse

from support.web import Reply, ScriptedServer

OPERATION_OUTCOME = {"resourceType": "OperationOutcome"}


def patient(local_id, given="Bob", family="Smith", birth_date="1970-01-02", gender="male", **more):
    return {"resourceType": "Patient", "id": local_id, "active": True,
            "identifier": [{"system": "urn:oid:2.999.8.1", "value": f"MRN-{local_id}"}],
            "name": [{"family": family, "given": [given]}], "birthDate": birth_date, "gender": gender, **more}


def document(local_id, patient_id, text="A note.", unique_id=None, status="current", date="2026-01-11T08:00:00Z",
             content_type="text/plain", url=None, inline=False, **more):
    """A DocumentReference of one content; `text` becomes what the Binary `b-<id>` serves, or inline data."""
    data = text.encode() if isinstance(text, str) else text
    attachment = {"contentType": content_type, "size": len(data),
                  "hash": base64.b64encode(hashlib.sha1(data).digest()).decode()}
    if inline:
        attachment["data"] = base64.b64encode(data).decode()
    else:
        attachment["url"] = url or f"Binary/b-{local_id}"
    made = {"resourceType": "DocumentReference", "id": local_id, "meta": {"versionId": "1"}, "status": status,
            "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9", "display": "Summary of episode note"}]},
            "subject": {"reference": f"Patient/{patient_id}"}, "date": date, "content": [{"attachment": attachment}]}
    if unique_id:
        made["masterIdentifier"] = {"system": "urn:ietf:rfc:3986", "value": unique_id}
    return {**made, **more}


class FakePartner(ScriptedServer):
    """Serves `patients` and `documents`; `script` overrides: {"Patient": function(request) -> Reply or None}."""

    def __init__(self, identifier, patients=(), documents=(), page_size=50, port=0):
        self.identifier, self.page_size = identifier, page_size
        self.patients, self.documents, self.bodies = list(patients), list(documents), {}
        self.script, self.lock = {}, threading.Lock()
        super().__init__(port)
        self.fhir = f"{self.origin}/{identifier}/fhir"

    def configuration(self, **more):
        return {"id": self.identifier, "fhir": self.fhir, "name": f"Community {self.identifier}", **more}

    def holds(self, entry, text="A note."):
        """Adds a DocumentReference and the bytes of its Binary."""
        self.documents.append(entry)
        self.bodies[f"b-{entry['id']}"] = text.encode() if isinstance(text, str) else text
        return self

    def on(self, what, *replies):
        """The next requests for `what` ("Patient", "DocumentReference", "Binary", "metadata") get these replies."""
        pending = list(replies)

        def next_reply(_request):
            with self.lock:
                return pending.pop(0) if pending else None

        self.script[what] = next_reply
        return self

    def always(self, what, reply):
        self.script[what] = lambda _request: reply
        return self

    def asked(self, what):
        return self.received(lambda request: f"/fhir/{what}" in request.path or f"_of={what}" in request.target)

    def answer(self, request):
        rest = request.path.partition("/fhir")[2].strip("/")
        what = "DocumentReference" if "_getpages" in request.query else rest.split("/")[0]
        scripted = self.script.get(what, lambda _request: None)(request)
        if scripted is not None:
            return scripted
        if what == "metadata":
            return Reply(body={"resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-01",
                               "kind": "instance", "fhirVersion": "4.0.1", "format": ["json"],
                               "rest": [{"mode": "server", "resource": [{"type": "Patient"}, {"type": "DocumentReference"}]}]})
        if "_getpages" in request.query:
            return self.page(request.query["_getpages"][0], int(request.query["_getpagesoffset"][0]))
        if what == "Patient" and request.method == "GET" and "/" not in rest:
            return self.search_patients(request)
        if what == "DocumentReference" and "/" not in rest:
            return self.page(request.query.get("patient", [""])[0].rpartition("/")[2], 0)
        if what == "DocumentReference":
            found = [each for each in self.documents if each["id"] == rest.partition("/")[2]]
            if found:
                return Reply(body={key: value for key, value in found[0].items() if key != "_served_for"})
        if what == "Binary":
            body = self.bodies.get(rest.partition("/")[2])
            if body is not None:
                return Reply(body=body, headers={"Content-Type": self.content_type(rest)})
        return Reply(404, {**OPERATION_OUTCOME, "issue": [{"severity": "error", "code": "not-found"}]})

    def content_type(self, path):
        """What the DocumentReference that names this Binary says about it."""
        attachments = [content["attachment"] for each in self.documents for content in each["content"]]
        return next((each["contentType"] for each in attachments if each.get("url", "").endswith(path)), "text/plain")

    def search_patients(self, request):
        def asked(name):
            return request.query.get(name, [""])[0].casefold()

        found = [each for each in self.patients
                 if any(name.get("family", "").casefold().startswith(asked("family"))
                        and any(given.casefold().startswith(asked("given")) for given in name.get("given", [""]))
                        for name in each.get("name", [{}]))]
        return self.bundle(found, len(found), request.target)

    def page(self, patient_id, offset):
        held = [each for each in self.documents if each["subject"]["reference"].rpartition("/")[2] == patient_id
                or each.get("_served_for") == patient_id]
        held = [{key: value for key, value in each.items() if key != "_served_for"} for each in held]
        links = []
        if offset + self.page_size < len(held):
            query = urllib.parse.urlencode({"_getpages": patient_id, "_getpagesoffset": offset + self.page_size})
            links = [{"relation": "next", "url": f"{self.fhir}?{query}"}]
        return self.bundle(held[offset:offset + self.page_size], len(held), None, links)

    def bundle(self, resources, total, target, links=()):
        self_link = [{"relation": "self", "url": self.origin + target}] if target else []
        made = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": [*self_link, *links]}
        if resources:
            made["entry"] = [{"fullUrl": f"{self.fhir}/{each['resourceType']}/{each['id']}", "resource": each,
                              "search": {"mode": "match"}} for each in resources]
        return Reply(body=made)
