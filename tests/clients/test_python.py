"""Python clients of other makers. SMART's fhirclient reads strictly: what it does not know, or misses, is an exception."""
import asyncio
import json
import unittest

import installed
from sample import Sample
from support import fhir, web
from support.partner import document, patient
from support.receiver import Notification

try:
    import fhirpy
    import standardwebhooks
    from fhirclient.client import FHIRClient
    from fhirclient.models.fhirelementfactory import FHIRElementFactory
except ImportError:
    fhirpy = None

GUIDE = "http://hl7.org/fhir/uv/subscriptions-backport/CapabilityStatement/backport-subscription-server-r4"


def without_extended_primitives(value):
    """Without `_criteria` and its like, which fhirclient reads and does not keep."""
    if isinstance(value, dict):
        return {name: without_extended_primitives(each) for name, each in value.items() if not name.startswith("_")}
    return [*map(without_extended_primitives, value)] if isinstance(value, list) else value


@installed.needs_python
class Examples(Sample):
    def example(self, name, *arguments):
        return installed.run(installed.python(), installed.EXAMPLES / name, self.server.fhir, *arguments)

    def test_the_fhirpy_app_hears_of_each_document(self):
        self.sample()
        printed = self.example("fhirpy_app.py", 13)
        self.assertEqual([line.split()[0] for line in printed.splitlines()], [str(number) for number in range(1, 14)])
        self.assert_unsubscribed()
        self.assert_printed_each_document(printed, 1)

    def test_the_fhirclient_app_searches_until_nothing_is_missing(self):
        self.sample()
        printed = self.example("fhirclient_app.py")
        self.assert_unsubscribed()
        self.assert_printed_each_document(printed, 0)
        self.assertNotIn(" 0 bytes", printed)


@installed.needs_python
class Fhirclient(Sample):
    """SMART's fhirclient 4: models of R4 4.0.1, and no mercy."""

    def strictly(self, resource):
        read = FHIRElementFactory.instantiate(resource["resourceType"], resource)
        self.assertEqual(read.as_json(), without_extended_primitives(resource))

    def test_fhirclient_reads_the_capability_statement(self):
        self.tributary(self.partner())
        statement = FHIRClient(settings={"app_id": "test", "api_base": self.server.fhir}).server.capabilityStatement
        self.assertEqual(statement.fhirVersion, "4.0.1")
        self.assertIn(GUIDE, [each.partition("|")[0] for each in statement.instantiates])
        subscription = next(each for each in statement.rest[0].resource if each.type == "Subscription")
        self.assertIn(f"{fhir.BACKPORT}/backport-subscription", subscription.supportedProfile)

    def test_fhirclient_reads_every_answer_strictly(self):
        receivers = {content: self.receiver() for content in ("empty", "id-only", "full-resource")}
        failing = self.partner("p002", [patient("b")]).always("Patient", web.Reply(500))
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a")).holds(document("d2", "a", "two"), "two")
        self.tributary(holder, failing, partner_defaults={"attempts": 1})
        self.strictly(self.read("metadata"))
        created = [self.create(fhir.topic(endpoint=receiver.endpoint, content=content, header=["X-A: b"]))
                   for content, receiver in receivers.items()]
        created += [self.create(fhir.topic()), self.create(fhir.classic(endpoint=self.receiver().endpoint, payload=fhir.FHIR_JSON))]
        for receiver in receivers.values():
            for each in receiver.wait_for_events(2) + receiver.notifications("handshake"):
                self.strictly(each.bundle)
        self.frames_of(created[3]["id"])
        for each in created:
            self.strictly(each)
            for path in ("", "/$status", "/$events", "/$events?eventsSinceNumber=2&content=id-only", "/_history", "/_history/1"):
                self.strictly(web.get(f"{self.server.fhir}/Subscription/{each['id']}{path}").json())
        self.answers_to_searches()
        self.refusals()

    def frames_of(self, subscription):
        """The frames of a WebSocket, and the token that opened it."""
        self.strictly(self.read(f"Subscription/{subscription}/$get-ws-binding-token"))
        url, token = self.binding(subscription)
        websocket = self.socket(url)
        websocket.send(f"bind-with-token {token}")
        for kind in ("handshake", "event-notification", "event-notification"):
            frame = json.loads(websocket.receive())
            self.assertEqual(Notification(frame).type, kind)
            self.strictly(frame)

    def answers_to_searches(self):
        for path in (fhir.BOB, f"{fhir.BOB}&_count=1", f"{fhir.BOB}&_count=0", "Patient?family=smith", "Subscription?status=active",
                     "Subscription/$status", "DocumentReference?patient.given=never&patient.family=asked"):
            self.strictly(self.read(path))
        topics = web.get(f"{self.server.fhir}/Basic?code=SubscriptionTopic").json()
        self.strictly(topics)
        for topic in fhir.resources(topics, "Basic"):
            self.strictly(self.read(f"Basic/{topic['id']}"))
        found = fhir.resources(self.search(fhir.BOB))[0]
        self.strictly(found)
        self.strictly(self.read(f"Patient/{found['subject']['reference'].rpartition('/')[2]}"))
        self.strictly(web.get(found["content"][0]["attachment"]["url"], Accept=fhir.FHIR_JSON).json())

    def refusals(self):
        for method, path, body in (("POST", "Subscription", "{"), ("POST", "Subscription", {"resourceType": "Subscription"}),
                                   ("GET", "Observation", None), ("GET", "DocumentReference?date=never", None), ("PATCH", "Subscription/a", {})):
            answer = web.call(method, f"{self.server.fhir}/{path}", body, {"Content-Type": fhir.FHIR_JSON} if body else {})
            self.assertGreaterEqual(answer.status, 400)
            self.strictly(answer.json())


@installed.needs_python
class Fhirpy(Sample):
    def ask(self, question):
        """What `question(client)`, a coroutine function, returns."""
        return asyncio.run(question(fhirpy.AsyncFHIRClient(self.server.fhir)))

    def test_chains_counts_and_pages(self):
        self.sample()
        self.create(fhir.classic())
        found = self.found()

        async def search(client):
            documents = client.resources("DocumentReference").search(patient__given="bob", patient__family="smith")
            pages = await documents.limit(5).fetch_all()
            return await documents.count(), sorted(each.id for each in pages)

        self.assertEqual(self.ask(search), (len(found), found))

    def test_a_partial_update_is_refused_as_such_and_a_missing_resource_told(self):
        self.tributary(self.partner())
        identifier = self.create(fhir.classic())["id"]

        async def change(client):
            subscription = await client.resources("Subscription").search(_id=identifier).first()
            await subscription.patch(status="off")

        with self.assertRaises(fhirpy.base.exceptions.OperationOutcome) as refused:
            self.ask(change)
        self.assertIn("PUT", str(refused.exception))
        self.assertEqual(self.subscription_status(identifier), "active")

        async def missing(client):
            await client.reference("Subscription", "a" * 32).to_resource()

        with self.assertRaises(fhirpy.base.exceptions.ResourceNotFound):
            self.ask(missing)


@installed.needs_python
class StandardWebhooks(Sample):
    SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    def test_the_standards_own_library_accepts_our_signature(self):
        receiver = self.receiver()
        self.tributary(self.partner("p001", [patient("a")]).holds(document("d1", "a")), delivery={"webhook_secret": self.SECRET})
        self.create(fhir.topic(endpoint=receiver.endpoint))
        self.create(fhir.classic(endpoint=receiver.endpoint, payload=fhir.FHIR_JSON))
        self.create(fhir.classic(endpoint=receiver.endpoint))
        for request in receiver.wait_for(4):
            headers = {name.lower(): value for name, value in request.headers.items()}
            if request.body:
                standardwebhooks.Webhook(self.SECRET).verify(request.body, headers)
            else:
                with self.assertRaises(json.JSONDecodeError, msg="the signature holds; then the library reads JSON, of which there is none"):
                    standardwebhooks.Webhook(self.SECRET).verify(request.body, headers)
            with self.assertRaises(standardwebhooks.WebhookVerificationError):
                standardwebhooks.Webhook(self.SECRET).verify(request.body + b" ", headers)


if __name__ == "__main__":
    unittest.main()
