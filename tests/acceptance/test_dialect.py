"""The JSON dialect: what clients written for another server send on a socket, and what they read there."""
import json
import time

from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.websocket import Closed


class Dialect(Case):
    def start(self, *documents, **sections):
        self.holder = self.partner("p001", [patient("pat1")])
        for each in documents:
            self.holder.holds(document(each, "pat1", f"note {each}", unique_id=f"urn:oid:2.999.1.{each[1:]}"), f"note {each}")
        self.tributary(self.holder, **sections)

    def create_there(self, **more):
        """As such a client does: below /fhir/R4, status active, no payload."""
        subscription = {"resourceType": "Subscription", "status": "active", "reason": "WebSocket subscription for undefined",
                        "channel": {"type": "websocket"}, "criteria": fhir.BOB, **more}
        answer = web.call("POST", f"{self.server.fhir}/R4/Subscription", subscription)
        self.assertEqual(answer.status, 201, answer)
        self.assertTrue(answer.headers["Location"].startswith(f"{self.server.fhir}/Subscription/"))
        return answer.json()["id"]

    def token_there(self, identifier):
        values = {each["name"]: each for each in self.read(f"R4/Subscription/{identifier}/$get-ws-binding-token")["parameter"]}
        return values["token"]["valueString"]

    def socket_there(self):
        return self.socket(f"ws://{self.server.fhir.split('/')[2]}/ws/subscriptions-r4")

    def say(self, websocket, kind, token=None):
        websocket.send(json.dumps({"type": kind, "payload": {"token": token}} if token else {"type": kind}))

    def hear(self, websocket):
        return json.loads(websocket.receive())

    def end_of(self, websocket):
        with self.assertRaises(Closed) as closed:
            while True:
                websocket.receive()
        return closed.exception

    def test_documents_arrive_as_these_clients_read_them(self):
        self.start("d1", "d2")
        websocket = self.socket_there()
        self.say(websocket, "ping")
        self.assertEqual(self.hear(websocket), {"type": "pong"})
        identifier = self.create_there()
        self.say(websocket, "bind-with-token", self.token_there(identifier))
        handshake = self.hear(websocket)["entry"][0]["resource"]
        self.assertEqual((handshake["resourceType"], handshake["type"]), ("SubscriptionStatus", "handshake"))
        self.assertEqual(handshake["subscription"], {"reference": f"Subscription/{identifier}"})
        for number in ("1", "2"):
            bundle = self.hear(websocket)
            self.assertEqual((bundle["resourceType"], bundle["type"], len(bundle["entry"])), ("Bundle", "history", 2))
            self.assertTrue(all(entry["request"] and entry["response"] for entry in bundle["entry"]))
            status, found = (entry["resource"] for entry in bundle["entry"])
            self.assertEqual(status["type"], "event-notification")
            self.assertEqual(status["subscription"], {"reference": f"Subscription/{identifier}"})
            self.assertEqual((status["eventsSinceSubscriptionStart"], status["notificationEvent"][0]["eventNumber"]), (number, number))
            self.assertEqual(found, self.read(f"DocumentReference/{found['id']}"))
        self.assertEqual(self.status_values(identifier)["events-since-subscription-start"], "2")

    def test_a_reconnect_is_another_subscription_that_is_told_of_everything(self):
        self.start("d1", "d2")
        heard = []
        for _ in range(2):
            websocket = self.socket_there()
            self.say(websocket, "bind-with-token", self.token_there(self.create_there()))
            self.hear(websocket)
            notified = [[entry["resource"] for entry in self.hear(websocket)["entry"]] for _ in range(2)]
            heard.append({found["id"]: status["notificationEvent"][0]["eventNumber"] for status, found in notified})
            websocket.close()
        self.assertEqual(heard[0].keys(), heard[1].keys())
        self.assertEqual([sorted(each.values()) for each in heard], [["1", "2"], ["1", "2"]])

    def test_a_topic_subscription_keeps_its_content_level(self):
        self.start("d1")
        identifier = self.create(fhir.topic(content="empty"))["id"]
        websocket = self.socket_there()
        self.say(websocket, "bind-with-token", self.token_there(identifier))
        handshake, event = self.hear(websocket), self.hear(websocket)
        self.assertNotIn("topic", handshake["entry"][0]["resource"], "it is left out of what is empty")
        self.assertEqual(len(event["entry"]), 1)

    def test_unbinding_ends_the_events_and_old_tokens_are_nobodys_business(self):
        self.start()
        identifier = self.create_there()
        websocket, token = self.socket_there(), self.token_there(identifier)
        self.say(websocket, "unbind-from-token", "of-an-earlier-socket")
        self.say(websocket, "bind-with-token", token)
        self.assertEqual(self.hear(websocket)["entry"][0]["resource"]["type"], "handshake")
        self.say(websocket, "unbind-from-token", token)
        self.say(websocket, "ping")
        self.assertEqual(self.hear(websocket), {"type": "pong"})
        self.holder.holds(document("d9", "pat1"))
        other = self.receiver()
        self.create(fhir.topic(endpoint=other.endpoint, filters=fhir.BOB + "&patient.birthdate=1970-01-02"))
        other.wait_for_events(1)
        self.eventually(lambda: self.status_values(identifier)["events-since-subscription-start"] == "1", "an event")
        self.say(websocket, "ping")
        self.assertEqual(self.hear(websocket), {"type": "pong"})

    def test_a_token_that_is_no_good_closes_the_socket(self):
        self.start()
        websocket, token = self.socket_there(), self.token_there(self.create_there())
        self.say(websocket, "bind-with-token", token)
        self.hear(websocket)
        self.say(websocket, "bind-with-token", token)
        self.assertEqual(self.end_of(websocket).code, 1008)

    def test_the_socket_closes_when_its_token_ends(self):
        self.start(delivery={"binding_token_life": "1s"})
        websocket = self.socket_there()
        self.say(websocket, "bind-with-token", self.token_there(self.create_there()))
        self.hear(websocket)
        self.assertEqual(self.end_of(websocket).code, 1000)

    def test_a_subscription_left_behind_is_off_and_one_bound_by_text_is_not(self):
        self.start(server={"dialect_unbound": "1s"})
        left, kept = self.create_there(), self.create_there()
        for identifier in (left, kept):
            websocket = self.socket_there()
            self.say(websocket, "bind-with-token", self.token_there(identifier))
            self.hear(websocket)
            websocket.close()
        websocket = self.socket(self.websocket_url())
        websocket.send(f"bind {kept}")
        self.assertEqual(websocket.receive(), f"bound {kept}")
        websocket.close()
        self.eventually(lambda: self.subscription_status(left) == "off", "the end of what was left", seconds=15)
        self.assertIn("no socket", self.read(f"Subscription/{left}")["error"])
        time.sleep(2.5)
        self.assertEqual(self.subscription_status(kept), "active")

    def test_one_that_is_off_already_stays_as_it_is(self):
        self.start(server={"dialect_unbound": "1s"})
        identifier = self.create_there()
        websocket = self.socket_there()
        self.say(websocket, "bind-with-token", self.token_there(identifier))
        self.hear(websocket)
        turned_off = self.change(identifier, status="off")
        self.assertEqual(self.end_of(websocket).code, 1000)
        time.sleep(4.5)  # longer than it may be left, and than the ends are looked at
        self.assertEqual(self.read(f"Subscription/{identifier}"), turned_off)

    def test_what_was_left_before_a_restart_is_off_after_it(self):
        self.start(server={"dialect_unbound": "1s"})
        identifier = self.create_there()
        websocket = self.socket_there()
        self.say(websocket, "bind-with-token", self.token_there(identifier))
        self.hear(websocket)
        self.server.kill()
        self.start_again()
        self.eventually(lambda: self.subscription_status(identifier) == "off", "the end of what was left", seconds=15)

    def test_it_can_be_switched_off(self):
        self.start(server={"json_dialect": False})
        self.assertEqual(web.get(f"{self.server.fhir}/R4/metadata").status, 404)
        with self.assertRaises(Closed):
            self.socket_there()
        websocket = self.socket(self.websocket_url())
        self.say(websocket, "ping")
        with self.assertRaises(AssertionError):
            websocket.receive(seconds=0.5)
