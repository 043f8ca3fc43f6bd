"""Events by number, heartbeats and what else the subscription protocol says about delivery."""
import base64
import datetime
import hashlib
import hmac
import socket
import time

from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.receiver import Notification
from support.web import Reply


def five_documents(case):
    holder = case.partner("p001", [patient("a")])
    for number in range(1, 6):
        holder.holds(document(f"d{number}", "a", f"note {number}"), f"note {number}")
    return holder


def on_dsubm(receiver):
    """A Subscription of IHE's topic to the documents of pat1."""
    asked = fhir.topic("patient.identifier=urn:oid:2.999.8.1|MRN-pat1", receiver.endpoint)
    asked["criteria"] = "https://profiles.ihe.net/ITI/DSUBm/SubscriptionTopic/DSUBm-SubscriptionTopic-DocumentReference-PatientDependent"
    return asked


def instant(seconds):
    """So many seconds from now, to the millisecond."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Events(Case):
    def events(self, subscription, query="", status=200):
        answer = web.get(f"{self.server.fhir}/Subscription/{subscription}/$events{query}")
        self.assertEqual(answer.status, status, answer)
        return Notification(answer.json()) if status == 200 else answer

    def numbers(self, *args):
        return [each["event-number"] for each in self.events(*args).events]

    def told(self, content="full-resource", **delivery):
        receiver = self.receiver()
        self.tributary(five_documents(self), delivery=delivery)
        created = self.create(fhir.topic(endpoint=receiver.endpoint, content=content))
        return created["id"], receiver.wait_for_events(5)

    def test_a_range_has_both_its_ends_and_the_resources_as_they_were_sent(self):
        subscription, sent = self.told()
        answer = self.events(subscription, "?eventsSinceNumber=2&eventsUntilNumber=3")
        self.assertEqual((answer.type, answer.status, answer.bundle["type"]), ("query-event", "active", "history"))
        self.assertEqual(answer.values["events-since-subscription-start"], "5")
        self.assertEqual(answer.events, [sent[1].events[0], sent[2].events[0]])
        documents = [each for each in answer.entries if each["resource"]["resourceType"] == "DocumentReference"]
        self.assertEqual(documents, [sent[1].entries[1], sent[2].entries[1]])
        self.assertEqual(self.numbers(subscription), ["1", "2", "3", "4", "5"])
        self.assertEqual(self.numbers(subscription, "?eventsSinceNumber=5&eventsUntilNumber=900"), ["5"])

    def test_what_is_not_in_range_leaves_the_status_alone_and_what_is_no_number_is_refused(self):
        subscription, _ = self.told()
        self.assertEqual(len(self.events(subscription, "?eventsSinceNumber=6").entries), 1)
        for query in ("?eventsSinceNumber=one", "?eventsSinceNumber=-1", "?eventsUntilNumber=1.5",
                      "?eventsSinceNumber=3&eventsUntilNumber=2", "?eventsSinceNumber=1,2", "?content=all"):
            self.assertEqual(self.events(subscription, query, 400).json()["resourceType"], "OperationOutcome", query)
        self.events("unknown", "", 404)

    def test_content_says_less_and_never_more(self):
        subscription, _ = self.told("id-only")
        self.assertEqual(len(self.events(subscription, "?content=full-resource").entries), 1)
        self.assertIn("focus", self.events(subscription, "?content=full-resource").events[0])
        self.assertNotIn("focus", self.events(subscription, "?content=empty").events[0])

    def test_an_answer_is_bounded_and_the_next_one_goes_on(self):
        subscription, _ = self.told(events_page=2)
        self.assertEqual(self.numbers(subscription), ["1", "2"])
        self.assertEqual(self.numbers(subscription, "?eventsSinceNumber=3"), ["3", "4"])

    def test_a_body_asks_as_a_query_does_and_a_deleted_subscription_has_none(self):
        subscription, _ = self.told()
        url = f"{self.server.fhir}/Subscription/{subscription}/$events"
        asked = {"resourceType": "Parameters", "parameter": [
            {"name": "eventsSinceNumber", "valueString": "2"}, {"name": "eventsUntilNumber", "valueString": "3"},
            {"name": "content", "valueCode": "id-only"}]}
        answer = Notification(web.call("POST", url, asked).json())
        self.assertEqual([each["event-number"] for each in answer.events], ["2", "3"])
        self.assertEqual(len(answer.entries), 1)
        operations = {each["name"] for each in self.read("metadata")["rest"][0]["resource"][0]["operation"]}
        self.assertLessEqual({"status", "events", "get-ws-binding-token"}, operations)
        self.assertEqual(web.call("DELETE", f"{self.server.fhir}/Subscription/{subscription}").status, 204)
        self.events(subscription, "", 410)


class Silence(Case):
    def test_a_silent_channel_has_heartbeats_and_a_period_too_short_is_shown_as_it_is_kept(self):
        receiver = self.receiver()
        self.tributary(self.partner("p001"))
        created = self.create(fhir.topic(endpoint=receiver.endpoint, heartbeat_period=2))
        self.assertEqual(created["channel"]["extension"][0]["valueUnsignedInt"], 5)
        plain = self.create(fhir.topic(endpoint=f"{receiver.origin}/plain", heartbeat_period=0))
        self.assertNotIn("extension", plain["channel"])
        self.eventually(lambda: len(receiver.notifications("heartbeat")) >= 2, "two heartbeats", seconds=15)
        first, second = receiver.notifications("heartbeat")[:2]
        self.assertEqual((first.status, first.values["events-since-subscription-start"]), ("active", "0"))
        self.assertLess(second.at - first.at, 6)
        self.assertEqual({each.path for each in receiver.received()[2:]}, {"/hook"})
        self.change(created["id"], status="off")
        told = len(receiver.received())
        self.assertRaises(AssertionError, self.eventually, lambda: len(receiver.received()) > told, "silence", seconds=6)


class End(Case):
    def test_the_receiver_is_told_that_it_is_off_where_the_deployment_says_so(self):
        receiver = self.receiver()
        self.tributary(five_documents(self), delivery={"deactivation_notice": True})
        created = self.create(fhir.topic(endpoint=receiver.endpoint, content="id-only"))
        receiver.wait_for_events(5)
        self.change(created["id"], status="off")
        last = receiver.wait_for_events(6)[-1]
        self.assertEqual((last.status, last.number, last.values["events-since-subscription-start"]), ("off", 5, "5"))
        self.assertNotIn("focus", last.events[0])

    def test_on_a_topic_of_dsubm_the_receiver_is_always_told(self):
        receiver = self.receiver()
        self.tributary(self.partner("p001", [patient("pat1")]).holds(document("d1", "pat1")))
        created = self.create(on_dsubm(receiver))
        receiver.wait_for_events(1)
        self.change(created["id"], status="off")
        self.assertEqual([each.status for each in receiver.wait_for_events(2)], ["active", "off"])

    def test_deleting_a_subscription_of_dsubm_tells_its_receiver_too(self):
        receiver = self.receiver()
        self.tributary(self.partner("p001", [patient("pat1")]).holds(document("d1", "pat1")))
        created = self.create(on_dsubm(receiver))
        self.eventually(lambda: self.subscription_status(created["id"]) == "active", "the Subscription to be active")
        self.assertEqual(web.call("DELETE", f"{self.server.fhir}/Subscription/{created['id']}").status, 204)
        self.eventually(lambda: any(each.status == "off" for each in receiver.notifications()), "the notice")
        self.assert_refused(web.get(f"{self.server.fhir}/Subscription/{created['id']}"), 410)

    def test_a_token_is_refused_to_what_has_ended_or_is_deleted(self):
        self.tributary(five_documents(self))
        ending = {**fhir.topic(), "end": instant(1)}
        ended, deleted = self.create(ending)["id"], self.create(fhir.topic())["id"]
        self.assertEqual(web.call("DELETE", f"{self.server.fhir}/Subscription/{deleted}").status, 204)
        token = f"{self.server.fhir}/Subscription/%s/$get-ws-binding-token"
        self.assert_refused(web.get(token % deleted), 422, says="deleted")
        self.eventually(lambda: web.get(token % ended).status != 200, "the end", seconds=4)
        self.assert_refused(web.get(token % ended), 422)

    def test_what_an_end_held_back_is_sent_when_the_end_is_put_off(self):
        receiver = self.receiver()
        receiver.default = Reply(503)
        self.tributary(five_documents(self))
        created = self.create(fhir.classic(endpoint=receiver.endpoint))
        receiver.wait_for(1)
        for _ in range(8):  # until the update comes before the sweep that turns off what has ended
            self.change(created["id"], status="requested", end=instant(0.3))
            time.sleep(0.5)
            receiver.default, refused = Reply(200), len(receiver.received())
            if self.change(created["id"], end="2099-01-01T00:00:00Z")["status"] == "active":
                break
            receiver.default = Reply(503)
        self.eventually(lambda: len(receiver.received()) >= refused + 5, "what was held back", seconds=20)


class Signature(Case):
    SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    def test_every_request_is_signed_as_standard_webhooks_says(self):
        receiver = self.receiver()
        self.tributary(five_documents(self), delivery={"webhook_secret": self.SECRET})
        self.create(fhir.topic(endpoint=receiver.endpoint))
        receiver.wait_for_events(5)
        key = base64.b64decode(self.SECRET.removeprefix("whsec_"))
        for request in receiver.received():
            signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
            expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            self.assertEqual(request.headers["webhook-signature"], f"v1,{expected}")


class Operator(Case):
    def test_parked_events_are_sent_when_the_operator_says_so(self):
        receiver = self.receiver()
        self.tributary(five_documents(self), delivery={"retry_for": "0s"})
        receiver.next_replies(Reply(200), Reply(500))
        created = self.create(fhir.topic(endpoint=receiver.endpoint))
        self.eventually(lambda: self.subscription_status(created["id"]) == "error", "the first event to fail")
        self.eventually(lambda: self.status_values(created["id"])["events-since-subscription-start"] == "5", "all to be counted")
        url = f"{self.server.operations}/subscriptions/{created['id']}/resend"
        self.assertEqual(web.call("POST", url + "?to=3").json(), {"subscription": created["id"], "sent": 3})
        self.assertEqual(web.call("POST", url).json()["sent"], 2)
        self.assertEqual([each.number for each in receiver.notifications()], [1, 1, 2, 3, 4, 5])
        self.assertEqual(web.call("POST", url + "?from=x").status, 400)
        delivered = web.call("POST", url + "?to=1")
        self.assertEqual(delivered.status, 400)
        self.assertIn("the first Event not delivered yet: 6", delivered.body.decode())
        self.assertEqual(web.get(url).status, 405)
        self.change(created["id"], status="off")
        self.assertEqual(web.call("POST", url).status, 409)


class Endpoints(Case):
    def test_a_name_with_a_private_address_is_refused_at_once_and_an_unknown_one_is_not(self):
        try:
            socket.getaddrinfo(socket.gethostname(), 443)
        except OSError:
            self.skipTest("this machine does not know its own name")
        self.tributary(self.partner("p001"), delivery={"allow_private_addresses": False})
        url = f"{self.server.fhir}/Subscription"
        refused = web.call("POST", url, fhir.topic(endpoint=f"https://{socket.gethostname()}/hook"))
        self.assertEqual(refused.status, 422, refused)
        self.assertIn("Subscription.channel.endpoint", refused.body.decode())
        self.assertEqual(web.call("POST", url, fhir.topic(endpoint="https://nobody.invalid/hook")).status, 201)
