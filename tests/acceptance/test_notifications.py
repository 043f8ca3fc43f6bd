"""The main job: one Subscription in, every partner asked at once, one notification per document out."""
import json
import re

from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.receiver import Notification
from support.web import Reply
from support.websocket import Closed

OUR_ID = r"[a-z2-7]{32}"


def three_communities(case, documents_each=2):
    """Three partners that hold Bob Smith; every document is another one."""
    partners = []
    for index in range(1, 4):
        made = case.partner(f"p00{index}", [patient(f"pat{index}")])
        for number in range(documents_each):
            made.holds(document(f"d{index}-{number}", f"pat{index}", f"note {index} {number}",
                                unique_id=f"urn:oid:2.999.1.{index}.{number}"), f"note {index} {number}")
        partners.append(made)
    return partners


class RestHook(Case):
    def test_topic_full_resource_brings_each_document_of_every_community_once(self):
        partners, receiver = three_communities(self), self.receiver()
        self.tributary(*partners)
        created = self.create(fhir.topic(endpoint=receiver.endpoint, header=["Authorization: Bearer app-secret"]))
        self.assertEqual(created["status"], "requested")
        events = receiver.wait_for_events(6)
        self.assert_numbers_without_gaps(events, 6)
        handshakes = receiver.notifications("handshake")
        self.assertEqual([(each.status, each.values["events-since-subscription-start"]) for each in handshakes], [("requested", "0")])
        self.assertLess(handshakes[0].at, events[0].at)
        self.assertEqual(self.subscription_status(created["id"]), "active")
        for request in receiver.received():
            self.assertEqual((request.method, request.path), ("POST", "/hook"))
            self.assertEqual(request.headers["Authorization"], "Bearer app-secret")
            self.assertTrue(request.headers["Content-Type"].startswith(fhir.FHIR_JSON))
        texts = {self.check_document(event, created["id"]) for event in events}
        self.assertEqual(texts, {f"note {index} {number}" for index in (1, 2, 3) for number in (0, 1)})

    def check_document(self, event, subscription):
        """Everything an app relies on in a full-resource notification; the document's text."""
        focus, base = event.focus(), self.server.fhir
        self.assertEqual(event.bundle["type"], "history")
        self.assertEqual(event.entries[0]["request"]["url"], f"{base}/Subscription/{subscription}/$status")
        self.assertTrue(all("response" in entry for entry in event.entries))
        self.assertEqual(event.values["events-since-subscription-start"], str(event.number))
        self.assertEqual(event.events[0]["focus"]["reference"], f"{base}/DocumentReference/{focus['id']}")
        self.assertRegex(focus["id"], f"^{OUR_ID}$")
        self.assertRegex(focus["meta"]["source"], r"^http://tributary\.example/partner/p00[123]$")
        attachment = focus["content"][0]["attachment"]
        self.assertRegex(attachment["url"], f"^{re.escape(base)}/Binary/{OUR_ID}$")
        self.assertEqual(self.read(f"DocumentReference/{focus['id']}")["id"], focus["id"])
        subject = focus["subject"]["reference"].rpartition("Patient/")[2]
        self.assertEqual(self.read(f"Patient/{subject}")["name"][0]["family"], "Smith")
        self.assertNotIn("MRN", event.events[0]["focus"]["reference"])
        return web.get(attachment["url"], Accept="text/plain").body.decode()

    def test_topic_empty_tells_the_number_and_nothing_else(self):
        partners, receiver = three_communities(self, 1), self.receiver()
        self.tributary(*partners)
        self.create(fhir.topic(endpoint=receiver.endpoint, content="empty"))
        events = receiver.wait_for_events(3)
        self.assert_numbers_without_gaps(events, 3)
        for event in events:
            self.assertEqual(len(event.entries), 1)
            self.assertEqual(set(event.events[0]) - {"timestamp"}, {"event-number"})

    def test_topic_id_only_tells_which_document_and_not_what_is_in_it(self):
        partners, receiver = three_communities(self, 1), self.receiver()
        self.tributary(*partners)
        self.create(fhir.topic(endpoint=receiver.endpoint, content="id-only"))
        events = receiver.wait_for_events(3)
        self.assert_numbers_without_gaps(events, 3)
        for event in events:
            self.assertIsNone(event.focus())
            identifier = event.events[0]["focus"]["reference"].rpartition("/")[2]
            self.assertEqual(self.read(f"DocumentReference/{identifier}")["status"], "current")

    def test_classic_without_payload_is_an_empty_post_per_document(self):
        partners, receiver = three_communities(self, 1), self.receiver()
        self.tributary(*partners)
        self.create(fhir.classic(endpoint=receiver.endpoint, header=["X-Secret: a:b"]))
        calls = receiver.wait_for(3)
        self.assertEqual([(call.method, call.path, call.body) for call in calls], [("POST", "/hook", b"")] * 3)
        self.assertTrue(all(call.headers["X-Secret"] == "a:b" and call.headers["Content-Type"] is None for call in calls))

    def test_classic_with_payload_puts_each_document_below_the_endpoint(self):
        partners, receiver = three_communities(self, 1), self.receiver()
        self.tributary(*partners)
        self.create(fhir.classic(endpoint=receiver.endpoint + "/", payload=fhir.FHIR_JSON))
        calls = receiver.wait_for(3)
        self.assertEqual({call.method for call in calls}, {"PUT"})
        for call in calls:
            self.assertEqual(call.path, f"/hook/DocumentReference/{call.json()['id']}")
        self.assertEqual(len({call.path for call in calls}), 3)

    def test_filters_choose_among_the_documents_of_the_patient(self):
        holder, receiver = self.partner("p001", [patient("a")]), self.receiver()
        discharge = {"coding": [{"system": "http://loinc.org", "code": "18842-5"}]}
        holder.holds(document("d1", "a")).holds(document("d2", "a", "other", type=discharge), "other")
        self.tributary(holder)
        self.create(fhir.topic(fhir.BOB + "&type=http://loinc.org|18842-5", receiver.endpoint))
        events = receiver.wait_for_events(1)
        self.eventually(lambda: not fhir.progress(self.search(fhir.BOB)), "the discovery to be complete")
        self.assertEqual([each.focus()["type"] for each in receiver.notifications()], [discharge])
        self.assert_numbers_without_gaps(events, 1)


class Sockets(Case):
    def test_classic_bind_brings_a_ping_per_document(self):
        slow = self.partner("p001", [patient("a")]).on("Patient", Reply(503, after=0.3))
        partners = [self.partner("p002", [patient("b")]).holds(document("d1", "b"))]
        slow.holds(document("d2", "a", "another"), "another")
        self.tributary(slow, *partners, partner_defaults={"attempts": 5})
        created = self.create(fhir.classic())
        self.assertEqual(created["status"], "active")
        websocket = self.socket(self.websocket_url())
        websocket.send(f"bind {created['id']}")
        self.assertEqual(websocket.receive(), f"bound {created['id']}")
        self.assertEqual([websocket.receive(), websocket.receive()], [f"ping {created['id']}"] * 2)

    def test_a_token_binds_a_topic_subscription_and_replays_what_came_before(self):
        partners = three_communities(self, 1)
        self.tributary(*partners)
        created = self.create(fhir.topic())
        self.assertEqual(created["status"], "active")
        self.eventually(lambda: self.status_values(created["id"])["events-since-subscription-start"] == "3", "three events")
        url, token = self.binding(created["id"])
        websocket = self.socket(url)
        websocket.send(f"bind-with-token {token}")
        received = [Notification(json.loads(websocket.receive())) for _ in range(4)]
        self.assertEqual([each.type for each in received], ["handshake"] + ["event-notification"] * 3)
        self.assert_numbers_without_gaps(received[1:], 3)
        self.assertTrue(all(each.focus() for each in received[1:]))

    def test_an_update_of_what_is_told_keeps_the_socket(self):
        self.tributary(*three_communities(self, 1))
        created = self.create(fhir.topic())
        self.eventually(lambda: self.status_values(created["id"])["events-since-subscription-start"] == "3", "three events")
        url, token = self.binding(created["id"])
        websocket = self.socket(url)
        websocket.send(f"bind-with-token {token}")
        for _ in range(4):
            websocket.receive()
        less = fhir.topic(content="id-only")
        self.assertEqual(self.change(created["id"], channel=less["channel"])["status"], "active")
        handshake = Notification(json.loads(websocket.receive()))
        self.assertEqual((handshake.type, handshake.values["events-since-subscription-start"]), ("handshake", "3"))

    def test_documents_found_while_bound_arrive_at_once(self):
        holder = self.partner("p001", [patient("a")]).on("DocumentReference", Reply(503, after=0.5))
        holder.holds(document("d1", "a"))
        self.tributary(holder, partner_defaults={"attempts": 5})
        created = self.create(fhir.topic(content="id-only"))
        url, token = self.binding(created["id"])
        websocket = self.socket(url)
        websocket.send(f"bind-with-token {token}")
        self.assertEqual(Notification(json.loads(websocket.receive())).type, "handshake")
        self.assertEqual(Notification(json.loads(websocket.receive())).number, 1)

    def test_a_token_works_once_and_a_foreign_id_does_not_bind(self):
        self.tributary(self.partner("p001"))
        created = self.create(fhir.topic())
        url, token = self.binding(created["id"])
        first, second = self.socket(url), self.socket(url)
        first.send(f"bind-with-token {token}")
        first.receive()
        second.send(f"bind-with-token {token}")
        self.assertEqual(self.end_of(second).code, 1008)
        stranger = self.socket(url)
        stranger.send("bind " + "a" * 32)
        self.assertEqual(self.end_of(stranger).code, 1002)
        refused = self.socket(url)
        refused.send(f"bind {created['id']}")
        self.assertEqual(self.end_of(refused).code, 1002)

    def end_of(self, websocket):
        with self.assertRaises(Closed) as closed:
            websocket.receive()
        return closed.exception


class AlreadyKnown(Case):
    def test_a_second_subscription_is_told_first_what_the_cache_holds(self):
        holder, receiver = self.partner("p001", [patient("a")]), self.receiver()
        holder.holds(document("d1", "a")).holds(document("d2", "a", "two"), "two")
        hanging = self.partner("p002", [patient("b")]).always("DocumentReference", Reply(hang=True))
        self.tributary(holder, hanging)
        self.create(fhir.topic(endpoint=receiver.endpoint))
        receiver.wait_for_events(2)
        asked = len(holder.asked("Patient"))
        second = self.receiver()
        self.create(fhir.topic(endpoint=second.endpoint))
        self.assert_numbers_without_gaps(second.wait_for_events(2), 2)
        self.assertEqual(len(holder.asked("Patient")), asked, "one question for one patient")

    def test_one_question_for_many_subscriptions_to_the_same_patient(self):
        holder = self.partner("p001", [patient("a")]).on("Patient", Reply(503, after=0.2)).holds(document("d1", "a"))
        receivers = [self.receiver() for _ in range(5)]
        self.tributary(holder)
        for receiver in receivers:
            self.create(fhir.topic(endpoint=receiver.endpoint))
        for receiver in receivers:
            self.assert_numbers_without_gaps(receiver.wait_for_events(1), 1)
        self.assertEqual(len(holder.asked("DocumentReference")), 1)
