"""Three communities held by a real HAPI FHIR server, found and delivered; what we send, judged by HAPI's validator and client."""
import json

import hapi
import people
from support import fhir, web
from support.case import Case
from support.receiver import Notification


def setUpModule():
    """Loads the headline person into A and B (three documents into both), and somebody else into C."""
    server = hapi.server()
    person = people.headline()
    person.store(server, "A", person.documents[0::2])
    person.store(server, "B", person.documents[1::2] + person.documents[0:6:2])
    people.made_up("Carla", "Other", 2).store(server, "C", people.made_up("Carla", "Other", 2).documents)
    Hapi.person = person


def tearDownModule():
    hapi.end_all()


class Hapi(Case):
    person = None

    def setUp(self):
        super().setUp()
        self.hapi = hapi.server()

    def tributary(self, *partners, **sections):
        return super().tributary(*(partners or [self.hapi.partner(tenant) for tenant in hapi.TENANTS]), **sections)

    def expected(self):
        return sorted(people.key(each) for each in self.person.documents)

    def complete(self, criteria, seconds=60):
        """The searchset once the Discovery is complete."""
        self.eventually(lambda: fhir.progress(self.search(criteria)).get("state", "complete") == "complete", "the end", seconds)
        return self.search(criteria)


class Communities(Hapi):
    def test_rest_hook_delivers_exactly_their_documents(self):
        receiver = self.receiver()
        self.tributary()
        self.create(fhir.topic(self.person.criteria, receiver.endpoint))
        bundle = self.complete(self.person.criteria + "&_count=100")
        events = receiver.wait_for_events(len(self.person.documents), seconds=30)
        self.assert_numbers_without_gaps(events, len(self.person.documents))
        self.assertEqual(sorted(people.key(each.focus()) for each in events), self.expected())
        self.assertEqual(sorted(people.key(each) for each in fhir.resources(bundle)), self.expected())
        self.assertIsNone(fhir.outcome(bundle), "a tenant that does not know the patient is no failure")
        originals = {people.key(each): each["content"][0]["attachment"]["data"] for each in self.person.documents}
        for event in events[:5]:
            url = event.focus()["content"][0]["attachment"]["url"]
            body = web.get(url, Accept=fhir.FHIR_JSON).json()
            self.assertEqual(body["data"], originals[people.key(event.focus())])

    def test_websocket_delivers_exactly_their_documents(self):
        self.tributary()
        created = self.create(fhir.topic(self.person.criteria))
        url, token = self.binding(created["id"])
        websocket = self.socket(url)
        websocket.send(f"bind-with-token {token}")
        received = [Notification(json.loads(websocket.receive(60))) for _ in range(len(self.person.documents) + 1)]
        self.assertEqual(received[0].type, "handshake")
        self.assert_numbers_without_gaps(received[1:], len(self.person.documents))
        self.assertEqual(sorted(people.key(each.focus()) for each in received[1:]), self.expected())

    def test_a_patient_nobody_knows(self):
        self.tributary()
        criteria = "DocumentReference?patient.given=nobody&patient.family=nowhere"
        self.create(fhir.classic(criteria))
        self.eventually(lambda: fhir.outcome(self.search(criteria)) is None, "a complete answer", 60)
        self.assertEqual(fhir.resources(self.search(criteria)), [])

    def test_match_is_not_asked_where_it_is_not_offered(self):
        self.assertEqual(web.call("POST", f"{self.hapi.tenant('A')}/Patient/$match", {"resourceType": "Parameters"}).status, 400)
        self.tributary(partner_defaults={"discovery": "auto"})
        self.create(fhir.classic(self.person.criteria))
        self.assertIsNone(fhir.outcome(self.complete(self.person.criteria)))

    def test_a_tenant_that_does_not_exist_is_reported_and_the_others_answer(self):
        self.tributary(self.hapi.partner("A"), self.hapi.partner("B"), self.hapi.partner("Z"), partner_defaults={"attempts": 1})
        self.create(fhir.classic(self.person.criteria))
        bundle = self.complete(self.person.criteria + "&_count=100")
        self.assertEqual(sorted(people.key(each) for each in fhir.resources(bundle)), self.expected())
        self.assertEqual({name: fhir.progress(bundle)[name] for name in ("asked", "answered", "failed", "pending")},
                         {"asked": 3, "answered": 2, "failed": 1, "pending": 0})
        self.assertIn("HAPI Z", str(fhir.outcome(bundle)["issue"][1:]))


class Restart(Hapi):
    def test_hapi_stopped_in_mid_run_and_started_again_loses_nothing(self):
        count = 120  # three pages
        somebody = people.made_up("Rosa", "Restart", count)
        somebody.store(self.hapi, "C", somebody.documents)
        receiver = self.receiver()
        self.tributary(partner_defaults={"attempts": 1, "max_concurrent": 1, "breaker_failures": 1, "breaker_pause": "2s"})
        self.create(fhir.topic(somebody.criteria, receiver.endpoint))
        receiver.wait_for_events(1, seconds=60)
        self.hapi.kill()
        before = len(receiver.notifications())
        self.hapi.start()
        self.hapi.wait()
        events = receiver.wait_for_events(count, seconds=60)
        self.measured(f"documents told before HAPI was killed, of {count}", before)
        by_number = {each.number: each for each in events}
        self.assertEqual(sorted(by_number), list(range(1, count + 1)))
        self.assertEqual(sorted(people.key(each.focus()) for each in by_number.values()),
                         sorted(people.key(each) for each in somebody.documents))


class Validity(Hapi):
    """Everything we send is valid R4 to HAPI's validator."""

    def assert_valid(self, resource, what):
        problems = hapi.validator().problems(resource)
        self.assertEqual(problems, [], f"{what}: {json.dumps(resource)[:3000]}")

    def test_capability_statement(self):
        self.tributary()
        self.assert_valid(self.read("metadata"), "metadata")

    def test_subscriptions(self):
        receiver = self.receiver()
        self.tributary()
        for wanted in (fhir.topic(self.person.criteria, receiver.endpoint, header=["X-A: b"]), fhir.classic(self.person.criteria),
                       fhir.topic(self.person.criteria, content="id-only", heartbeat_period=60)):
            created = self.create(wanted)
            self.assert_valid(created, "the answer to a create")
            self.assert_valid(self.read(f"Subscription/{created['id']}"), "a read")
            self.assert_valid(self.read(f"Subscription/{created['id']}/$status"), "$status")
        self.assert_valid(self.search("Subscription?status=active"), "a search of Subscriptions")
        self.assert_valid(self.read(f"Subscription/{created['id']}/$get-ws-binding-token"), "a binding token")

    def test_notifications_of_every_kind(self):
        receivers = {content: self.receiver() for content in ("empty", "id-only", "full-resource")}
        classic = self.receiver()
        self.tributary()
        for content, receiver in receivers.items():
            self.create(fhir.topic(self.person.criteria, receiver.endpoint, content))
        self.create(fhir.classic(self.person.criteria, classic.endpoint, fhir.FHIR_JSON))
        for content, receiver in receivers.items():
            events = receiver.wait_for_events(3, seconds=60)
            for each in receiver.notifications("handshake") + events[:3]:
                self.assert_valid(each.bundle, f"{content} {each.type}")
        for call in classic.wait_for(2, seconds=30)[:2]:
            self.assert_valid(call.json(), "a classic payload")

    def test_answers_to_searches_and_reads(self):
        self.tributary(*[self.hapi.partner(tenant) for tenant in ("A", "B", "Z")], partner_defaults={"attempts": 1})
        self.assert_valid(self.search(self.person.criteria), "an answer about a patient never asked for")
        self.create(fhir.classic(self.person.criteria))
        self.assert_valid(self.search(self.person.criteria), "an answer while the discovery runs")
        bundle = self.complete(self.person.criteria + "&_count=3")
        self.assert_valid(bundle, "a page of an answer with a failed partner")
        for document in fhir.resources(bundle):
            self.assert_valid(self.read(f"DocumentReference/{document['id']}"), "a DocumentReference")
            self.assert_valid(self.read(f"Patient/{document['subject']['reference'].rpartition('Patient/')[2]}"), "a Patient")
            url = document["content"][0]["attachment"]["url"]
            self.assert_valid(web.get(url, Accept=fhir.FHIR_JSON).json(), "a Binary")
        family = self.person.patient["name"][0]["family"]
        self.assert_valid(self.search(f"Patient?family={family}"), "a search of Patients")

    def test_operation_outcomes(self):
        self.tributary()
        bad = fhir.classic("DocumentReference?colour=red")
        for method, path, body in (("POST", "Subscription", bad), ("POST", "Subscription", "{"), ("GET", "Observation", None),
                                   ("GET", f"DocumentReference/{'a' * 32}", None), ("GET", "DocumentReference?date=never", None),
                                   ("POST", "Subscription", {"resourceType": "Subscription"}), ("PATCH", "Subscription/a", {})):
            answer = web.call(method, f"{self.server.fhir}/{path}", body, {"Content-Type": fhir.FHIR_JSON} if body else {})
            self.assertGreaterEqual(answer.status, 400)
            self.assert_valid(answer.json(), f"the answer to {method} {path}")


class GenericClient(Hapi):
    def test_hapis_client_reads_metadata_pages_and_documents_and_creates_a_subscription(self):
        receiver = self.receiver()
        self.tributary()
        self.create(fhir.topic(self.person.criteria, receiver.endpoint))
        self.complete(self.person.criteria)
        attachment = receiver.wait_for_events(1)[0].focus()["content"][0]["attachment"]
        steps = hapi.client(self.server.fhir, criteria=self.person.criteria, endpoint=receiver.endpoint,
                            search=f"{self.person.criteria}&_count=7", binary=attachment["url"].rpartition("/")[2])
        self.assertEqual(steps["capabilities"][0], "4.0.1")
        self.assertIn("created=true", steps["subscription"])
        count = len(self.person.documents)
        self.assertIn(f"{count} distinct", steps["search"])
        self.assertIn(f"{-(-count // 7)} pages", steps["search"])
        self.assertTrue(steps["binary"][0].startswith("text/plain"))
