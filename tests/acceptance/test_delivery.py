"""What happens to notifications when receivers fail, Subscriptions end, and the server starts again."""
import time

from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.receiver import Receiver
from support.web import Reply


class Retries(Case):
    def one_document(self):
        return self.partner("p001", [patient("a")]).holds(document("d1", "a"))

    def test_a_refused_notification_comes_again_with_the_same_number_and_bytes(self):
        holder, receiver = self.one_document().holds(document("d2", "a", "two"), "two"), self.receiver()
        self.tributary(holder)
        receiver.next_replies(Reply(200), Reply(503), Reply(500))
        created = self.create(fhir.topic(endpoint=receiver.endpoint))
        receiver.wait_for(5, seconds=20)
        events = receiver.notifications()
        self.assertEqual([each.number for each in events], [1, 1, 1, 2])
        self.assertEqual(len({each.raw for each in events[:3]}), 1, "a repeat has the same bytes")
        keys = [request.headers["Idempotency-Key"] for request in receiver.received()][1:]
        self.assertEqual(keys, [f"{created['id']}/{number}" for number in (1, 1, 1, 2)])
        self.assertEqual(self.subscription_status(created["id"]), "active")

    def test_a_refused_handshake_is_tried_again_and_then_the_subscription_is_in_error(self):
        receiver = self.receiver()
        self.tributary(self.one_document(), delivery={"handshake_retries": 1})
        receiver.next_replies(Reply(503), Reply(200))
        first = self.create(fhir.topic(endpoint=receiver.endpoint))
        self.eventually(lambda: self.subscription_status(first["id"]) == "active", "the second handshake")
        receiver.default = Reply(403)
        second = self.create(fhir.topic(endpoint=receiver.endpoint))
        self.eventually(lambda: self.subscription_status(second["id"]) == "error", "a 403 to end the handshake")
        self.assertTrue(self.read(f"Subscription/{second['id']}")["error"])
        self.assertEqual(self.status_values(second["id"])["status"], "error")

    def test_after_an_error_the_app_turns_it_on_again_and_gets_what_it_missed(self):
        receiver = self.receiver()
        self.tributary(self.one_document(), delivery={"handshake_retries": 0})
        receiver.default = Reply(500)
        created = self.create(fhir.topic(endpoint=receiver.endpoint))
        self.eventually(lambda: self.subscription_status(created["id"]) == "error", "the handshake to fail")
        self.eventually(lambda: self.status_values(created["id"])["events-since-subscription-start"] == "1", "counting goes on")
        receiver.default = Reply(200)
        self.change(created["id"], status="requested")
        self.assert_numbers_without_gaps(receiver.wait_for_events(1), 1)
        self.assertEqual(self.subscription_status(created["id"]), "active")

    def test_a_receiver_that_hangs_does_not_hold_back_another(self):
        stuck, receiver = self.receiver(), self.receiver()
        stuck.default = Reply(hang=True)
        self.tributary(self.one_document())
        self.create(fhir.topic(endpoint=stuck.endpoint))
        self.create(fhir.topic(endpoint=receiver.endpoint))
        self.assert_numbers_without_gaps(receiver.wait_for_events(1, seconds=5), 1)


class Restart(Case):
    def test_an_undelivered_event_comes_after_a_restart_and_a_delivered_one_does_not(self):
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a")).holds(document("d2", "a", "two"), "two")
        receiver = self.receiver()
        self.tributary(holder, server={"listen": f"127.0.0.1:{web.free_port()}"})
        receiver.next_replies(Reply(200), Reply(200))
        receiver.default = Reply(503)
        created = self.create(fhir.topic(endpoint=receiver.endpoint))
        receiver.wait_for(3)
        self.assertEqual(self.server.stop(), 0)
        refused = [each for each in receiver.notifications() if each.number == 2]
        receiver.default = Reply(200)
        before = len(receiver.received())
        self.start_again()
        self.eventually(lambda: len(receiver.received()) > before, "the event that was owed", seconds=15)
        self.eventually(lambda: not fhir.progress(self.search(fhir.BOB)), "everything to be known again")
        later = receiver.notifications()[len(refused) + 1:]
        self.assertEqual([each.number for each in later], [2])
        self.assertEqual(later[0].raw, refused[0].raw)
        self.assertEqual(self.subscription_status(created["id"]), "active")

    def test_an_exchange_that_was_running_is_run_again(self):
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a")).always("DocumentReference", Reply(hang=True))
        receiver = self.receiver()
        self.tributary(holder)
        self.create(fhir.topic(endpoint=receiver.endpoint))
        holder.wait_for(1, lambda request: "/DocumentReference" in request.path)
        began = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - began, 5, "shutdown does not wait for partners")
        holder.script.clear()
        self.start_again()
        self.assert_numbers_without_gaps(receiver.wait_for_events(1), 1)


class Endings(Case):
    def running(self):
        """A server with one partner whose document query hangs, and one Subscription that waits for it."""
        hanging = self.partner("p001", [patient("a")]).always("DocumentReference", Reply(hang=True))
        receiver = self.receiver()
        self.tributary(hanging)
        created = self.create(fhir.topic(endpoint=receiver.endpoint))
        call = hanging.wait_for(1, lambda request: "/DocumentReference" in request.path)[0]
        self.eventually(lambda: self.subscription_status(created["id"]) == "active", "the handshake")
        return created, call

    def assert_dropped_soon(self, call, began):
        self.eventually(lambda: call.dropped_at, "the partner's call to be dropped", seconds=2)
        took = call.dropped_at - began
        self.measured(f"{self._testMethodName.replace('_', ' ')}: call dropped after", f"{took * 1000:.0f} ms")
        self.assertLess(took, 0.25)

    def test_off_ends_the_calls_that_only_it_wanted(self):
        created, call = self.running()
        began = time.monotonic()
        self.assertEqual(self.change(created["id"], status="off")["status"], "off")
        self.assert_dropped_soon(call, began)

    def test_delete_ends_the_calls_and_the_resource_is_gone(self):
        created, call = self.running()
        began = time.monotonic()
        answer = web.call("DELETE", f"{self.server.fhir}/Subscription/{created['id']}")
        self.assertIn(answer.status, (200, 204), answer)
        self.assert_dropped_soon(call, began)
        self.assert_refused(web.get(f"{self.server.fhir}/Subscription/{created['id']}"), 404, 410)
        self.assertIn(web.call("DELETE", f"{self.server.fhir}/Subscription/{created['id']}").status, (200, 204))

    def test_nothing_is_sent_after_off(self):
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a")).on("Patient", Reply(503, after=0.5))
        receiver = self.receiver()
        self.tributary(holder)
        created = self.create(fhir.topic(endpoint=receiver.endpoint))
        receiver.wait_for(1)
        self.change(created["id"], status="off")
        other = self.receiver()
        self.create(fhir.topic(endpoint=other.endpoint))
        other.wait_for_events(1)
        self.assertEqual(receiver.notifications(), [])

    def test_another_subscription_to_the_same_patient_keeps_the_calls_alive(self):
        created, call = self.running()
        self.create(fhir.topic(endpoint=self.receiver().endpoint))
        self.change(created["id"], status="off")
        time.sleep(0.5)
        self.assertIsNone(call.dropped_at)


class Reading(Case):
    def test_search_by_id_status_and_url_finds_and_masks(self):
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        self.tributary(self.partner("p001"))
        created = self.create(fhir.topic(endpoint=receiver.endpoint, header=["Authorization: Bearer secret"]))
        self.assertEqual(created["channel"]["header"], ["Authorization: Bearer secret"])
        websocket = self.create(fhir.classic())
        self.eventually(lambda: self.subscription_status(created["id"]) == "active", "the handshake")

        def ids(query):
            return {each["id"] for each in fhir.resources(self.search(f"Subscription?{query}"), "Subscription")}

        self.assertEqual(ids(f"_id={created['id']}"), {created["id"]})
        self.assertEqual(ids(f"url={receiver.endpoint}"), {created["id"]})
        self.assertEqual(ids("status=active"), {created["id"], websocket["id"]})
        self.assertEqual(ids("status=off"), set())
        for body in (self.read(f"Subscription/{created['id']}"), self.search("Subscription?status=active")):
            self.assertNotIn("secret", str(body))
            self.assertIn("Authorization", str(body))
