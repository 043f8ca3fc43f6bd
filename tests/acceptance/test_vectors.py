"""What Tributary produces has the elements, codes and order of the composed vectors; ids, URLs, times and software differ."""
import json
import re

from support import fhir, programs, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply

COMPOSED = programs.SHARED / "vectors" / "subscriptions" / "composed"
OURS = {"id", "fullUrl", "reference", "timestamp", "expiration"}  # members whose values are ours to choose
URL, INSTANT = re.compile(r"^(https?|wss?)://"), re.compile(r"^\d{4}-\d\d-\d\dT")


def shape(value, name=""):
    """The value with what may differ between two servers replaced by what it is."""
    if isinstance(value, dict):
        return {key: shape(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each, name) for each in value]
    if isinstance(value, str) and (name in OURS or INSTANT.match(value) or URL.match(value) and "orchestrator" not in value and "127.0.0.1" in value):
        return f"<{name}>"
    if isinstance(value, str) and "orchestrator.example.org" in value:
        return f"<{name}>"
    return value


class Vectors(Case):
    def setUp(self):
        super().setUp()
        if not COMPOSED.is_dir():
            self.skipTest(f"no vectors at {COMPOSED}")
        self.app = self.receiver()

    def vector(self, name):
        return json.loads((COMPOSED / f"{name}.json").read_text())

    def post(self, path, body):
        return web.call("POST", f"{self.server.fhir}/{path}", body)

    def assert_like(self, produced, expected):
        """Equal in text, so that the order of members counts."""
        self.assertEqual(json.dumps(shape(produced), indent=1).replace(fhir.TOPIC, "<valueCanonical>"),
                         json.dumps(shape(expected), indent=1))

    def without_counters(self, bundle):
        for entry in bundle["entry"]:
            for each in entry["resource"]["parameter"]:
                if each["name"] == "events-since-subscription-start":
                    each["valueString"] = "n"
        return bundle

    def active(self, **more):
        created = self.create(fhir.topic(endpoint=self.app.endpoint, **more))
        self.eventually(lambda: self.subscription_status(created["id"]) == "active", "the handshake")
        return created["id"]

    def test_status_of_one_and_of_several(self):
        self.tributary(self.partner("p001", [patient("pat1")]), delivery={"handshake_retries": 0})
        active = self.active()
        answer = self.read(f"Subscription/{active}/$status")
        self.assert_like(self.without_counters(answer), self.without_counters(self.vector("status-instance-response.bundle")))
        refusing = self.receiver()
        refusing.default = Reply(500)
        refusing.stop()  # no-response
        broken = self.create(fhir.topic(endpoint=refusing.endpoint))["id"]
        self.eventually(lambda: self.subscription_status(broken) == "error", "an error", seconds=40)
        request = self.vector("status-type-level-request.parameters")
        for parameter, identifier in zip(request["parameter"], (active, broken)):
            parameter["valueId"] = identifier
        answer = self.post("Subscription/$status", request)
        self.assertEqual(answer.status, 200, answer)
        self.assert_like(self.without_counters(answer.json()), self.without_counters(self.vector("status-type-level-response.bundle")))

    def test_a_binding_token(self):
        self.tributary(self.partner("p001"))
        ids = [self.create(fhir.topic())["id"] for _ in range(2)]
        request = self.vector("ws-binding-token-request.parameters")
        for parameter, identifier in zip(request["parameter"], ids):
            parameter["valueId"] = identifier
        answer = self.post("Subscription/$get-ws-binding-token", request).json()
        expected = self.vector("ws-binding-token-response.parameters")
        self.assertEqual([list(each) for each in answer["parameter"]], [list(each) for each in expected["parameter"]])
        self.assertEqual([each["name"] for each in answer["parameter"]], [each["name"] for each in expected["parameter"]])
        self.assertEqual({each["valueString"] for each in answer["parameter"] if each["name"] == "subscription"}, set(ids))

    def test_refusals(self):
        self.tributary(self.partner("p001"))
        unknown, author = fhir.topic(endpoint=self.app.endpoint), fhir.topic(fhir.BOB + "&author=Practitioner/1", self.app.endpoint)
        unknown["criteria"] = "https://example.org/SubscriptionTopic/other"
        for subscription, name in ((unknown, "topic"), (author, "filter")):
            answer = self.post("Subscription", subscription)
            self.assertEqual(answer.status, 422, answer)
            issues, expected = answer.json()["issue"], self.vector(f"reject-unsupported-{name}.operationoutcome")["issue"]
            self.assertEqual(len(issues), 1)
            for told, wanted in zip(issues, expected):
                self.assertEqual({key: told[key] for key in wanted if key != "diagnostics"},
                                 {key: each for key, each in wanted.items() if key != "diagnostics"})
                self.assertTrue(told["diagnostics"].startswith(wanted["diagnostics"]), told["diagnostics"])

    def test_the_capability_statement_has_all_that_the_vector_has_in_its_order(self):
        self.tributary(self.partner("p001"))
        wanted = self.vector("server.capabilitystatement")
        self.assert_holds(self.read("metadata"), wanted, "CapabilityStatement")

    def assert_holds(self, ours, wanted, where):
        """`ours` may have more members and items; those of `wanted` are there, in this order."""
        if isinstance(wanted, dict):
            self.assertEqual([key for key in ours if key in wanted], list(wanted), where)
            for key, each in wanted.items():
                if key not in ("software", "implementation", "date"):
                    self.assert_holds(ours[key], each, f"{where}.{key}")
        elif isinstance(wanted, list):
            rest = iter(ours)
            for each in wanted:
                name = next((key for key in ("type", "name", "code", "url", "mode") if isinstance(each, dict) and key in each), None)
                found = next((one for one in rest if (one.get(name) == each[name] if name else shape(one) == shape(each))), None)
                self.assertIsNotNone(found, f"{where}: {each}")
                self.assert_holds(found, each, where)
        elif not URL.match(str(wanted)) or "hl7.org" in wanted:
            self.assertEqual(ours, wanted, where)

    def test_a_full_resource_comes_with_its_patient(self):
        made = self.partner("p001", [patient("pat1")]).holds(document("d1", "pat1"))
        self.tributary(made)
        self.active()
        event = self.app.wait_for_events(1)[0]
        expected = self.vector("notify-event-full-resource-with-patient.bundle")
        self.assertEqual(list(event.bundle), list(expected))
        self.assertEqual([list(each) for each in event.entries], [list(each) for each in expected["entry"]])
        status = [{part["name"]: list(part) for part in each["part"]} for entry in (event.entries[0], expected["entry"][0])
                  for each in entry["resource"]["parameter"] if each["name"] == "notification-event"]
        self.assertEqual(status[0], status[1])
        focus, subject = event.focus(), event.entries[2]["resource"]
        self.assertEqual(event.events[0]["additional-context"]["reference"], event.entries[2]["fullUrl"])
        self.assertTrue(focus["subject"]["reference"].endswith(f"Patient/{subject['id']}"))
        self.assertEqual(event.entries[2]["request"], {"method": "GET", "url": f"Patient/{subject['id']}"})
        self.assertEqual(subject, self.read(f"Patient/{subject['id']}"))
