"""What stands in for the servers that the documents talk about."""
import base64
import json

from support import web
from support.partner import FakePartner, document, patient
from support.web import Reply

# A configuration in the documents leaves the ports to their defaults, which may be in use. Dotted, since more keys of the top may follow.
LISTEN = """server.listen = "127.0.0.1:%d"
operations.listen = "127.0.0.1:%d"
"""


def ports():
    """(what the documents say, what is used instead) for everything that listens."""
    fhir, operations, simulator, hook = (web.free_port() for _ in range(4))
    return [
        ("127.0.0.1:8080", f"127.0.0.1:{fhir}"),
        ("127.0.0.1:9000", f"127.0.0.1:{hook}"),
        ("receiver.py 9000", f"receiver.py {hook}"),
        ("127.0.0.1:9001", f"127.0.0.1:{simulator}"),
        ("localhost:9001", f"127.0.0.1:{simulator}"),
        ("partner-simulator --profile sample >", f"partner-simulator --profile sample --listen 127.0.0.1:{simulator} >"),
        ("cp examples/tributary.toml tributary.toml",
         f"sed 's/:8080/:{fhir}/; s/:9090/:{operations}/; s/:9001/:{simulator}/' examples/tributary.toml > tributary.toml"),
        ("127.0.0.1:9090", f"127.0.0.1:{operations}"),
        ("localhost:9090", f"127.0.0.1:{operations}"),
        ("> tributary.toml <<'TOML'\n", "> tributary.toml <<'TOML'\n" + LISTEN % (fhir, operations)),
        ("tributary watch '", f"tributary watch --server http://127.0.0.1:{fhir}/fhir '"),
    ]


class StoringPartner(FakePartner):
    """A partner that takes what is PUT: Patients, DocumentReferences and Binaries. In the place of HAPI, where HAPI itself is not at hand."""

    def answer(self, request):
        if request.method == "GET" and request.path.endswith("/metadata"):
            return Reply(body={**json.loads(super().answer(request).body), "software": {"name": "HAPI FHIR Server", "version": "8.8.0"}})
        if request.method != "PUT":
            return super().answer(request)
        resource = request.json()
        if resource["resourceType"] == "Patient":
            self.patients.append(resource)
        elif resource["resourceType"] == "DocumentReference":
            self.documents.append(resource)
        elif resource["resourceType"] == "Binary":
            self.bodies[resource["id"]] = base64.b64decode(resource["data"])
        else:
            return Reply(400)
        return Reply(201, resource)


def riverside():
    return FakePartner("riverside", [patient("a")]).holds(document("d1", "a"))


def lakeside():
    return FakePartner("lakeside", [patient("b")]).holds(document("d2", "b"), "Another note.")
