"""How partners are paced: fairness between apps, limits as partners count them, what stops when nobody wants it, what is asked again and what is not.

Times are measured and told; what fails a test is many times what is wanted, because the machine may be busy."""
import email.utils
import statistics
import time

from support import fhir, web
from support.case import Case
from support.communities import Communities
from support.partner import document, patient
from support.web import Reply

PARTNERS = 200
BUSY = 5


def asks_for(family):
    return f"DocumentReference?patient.given=bob&patient.family={family}"


class PacingCase(Case):
    def communities(self, count, **options):
        made = Communities(count, **options)
        self.addCleanup(made.stop)
        return made

    def progress(self, criteria=fhir.BOB):
        return fhir.progress(self.search(criteria))

    def wait_until_complete(self, criteria=fhir.BOB, seconds=30):
        self.eventually(lambda: fhir.progress(self.search(criteria)).get("state") in (None, "complete"), "a complete answer", seconds)


class Turns(PacingCase):
    ROUND_TRIP = 0.25

    def ask_beside_300_others(self, family):
        communities = self.communities(10, holds={family: ["1"]}, delay=self.ROUND_TRIP)
        greedy, modest = self.receiver(), self.receiver()
        self.tributary(*communities.configurations())
        for number in range(300):
            self.create(fhir.topic(asks_for(f"other{number}"), greedy.endpoint))
        began = time.monotonic()
        self.create(fhir.topic(asks_for(family), modest.endpoint))
        events = modest.wait_for_events(10, seconds=20)
        self.assertEqual(len(events), 10)
        self.assertLess(len(communities.made("Patient")), 3010, "the other app was still waiting")
        return [(event.at - began) / self.ROUND_TRIP for event in events]

    def test_one_app_with_300_discoveries_does_not_delay_the_only_one_of_another(self):
        took = self.ask_beside_300_others("smith")
        self.measured("round trips to the first and the last document beside 300 Discoveries of another app",
                      f"{took[0]:.1f} and {took[-1]:.1f}")
        self.assertLess(took[-1], 60)

    def test_nor_when_the_other_app_has_asked_for_the_same_patient(self):
        took = self.ask_beside_300_others("other299")
        self.assertLess(took[-1], 60)


class Limits(PacingCase):
    def test_no_partner_and_not_all_together_see_more_calls_than_they_may(self):
        communities = self.communities(PARTNERS, holds={"smith": ["1", "2"]}, delay=0.1)
        self.tributary(*communities.configurations(), discovery={"max_in_flight": 150}, partner_defaults={"max_concurrent": 2})
        for family in ("smith", "jones", "miller", "brown"):
            self.create(fhir.topic(asks_for(family), self.receiver().endpoint))
        for family in ("smith", "jones", "miller", "brown"):
            self.wait_until_complete(asks_for(family))
        self.assertEqual(len(communities.made("Patient")), 4 * PARTNERS)
        self.assertEqual(len(communities.made("DocumentReference")), PARTNERS)
        self.assertLessEqual(max(communities.most[name] for name in communities.names), 2)
        self.assertLessEqual(communities.most["all"], 150)
        self.assertGreater(communities.most["all"], 75, "they were asked at the same time")

    def test_retry_after_is_kept_in_seconds_and_as_a_date(self):
        for name, value in (("seconds", lambda: "2"), ("date", lambda: email.utils.formatdate(time.time() + 3, usegmt=True))):
            with self.subTest(name):
                community = self.partner("p001", [patient("1")])
                values = [value]  # made when it is sent, so that a slow start does not shorten it
                community.script["Patient"] = lambda _request: Reply(429, headers={"Retry-After": values.pop()()}) if values else None
                self.tributary(community, cache={"path": f"{name}.db"})
                self.create(fhir.classic())
                first, second = community.wait_for(2, lambda request: "/fhir/Patient" in request.path)[:2]
                self.assertGreaterEqual(second.at - first.at, 1.9)
                self.assertLess(second.at - first.at, 30)
                self.assertEqual(self.server.stop(), 0)

    def test_a_partner_that_fails_on_is_asked_once_a_pause_and_owes_what_it_has_not_answered(self):
        community = self.partner("p001", [patient("1")]).holds(document("d1", "1"))
        community.always("Patient", Reply(500))
        receiver = self.receiver()
        self.tributary(community, partner_defaults={"breaker_failures": 3, "attempts": 1, "breaker_pause": "1s"})
        for family in ("smith", "jones", "miller", "brown"):
            self.create(fhir.topic(asks_for(family), receiver.endpoint))
        calls = community.wait_for(7, lambda request: "/fhir/Patient" in request.path)
        for earlier, later in zip(calls[4:], calls[5:]):
            self.assertGreaterEqual(later.at - earlier.at, 0.9, "a probe a pause")
        del community.script["Patient"]
        self.assertEqual(len(receiver.wait_for_events(1, seconds=10)), 1)


class Stopping(PacingCase):
    def start_and_wait(self, second=False):
        communities = self.communities(PARTNERS, delay=None)
        self.tributary(*communities.configurations())
        first = self.create(fhir.classic())["id"]
        if second:
            self.create(fhir.classic("DocumentReference?patient.family=SMITH&patient.given=Bob"))
        self.assertEqual(len(communities.wait_for(PARTNERS, "Patient")), PARTNERS)
        return communities, first

    def test_off_and_delete_end_the_calls_to_200_partners_at_once(self):
        for name in ("off", "delete"):
            with self.subTest(name):
                communities, identifier = self.start_and_wait()
                if name == "off":
                    self.change(identifier, status="off")
                else:
                    web.call("DELETE", f"{self.server.fhir}/Subscription/{identifier}")
                began = time.monotonic()
                self.eventually(lambda: communities.running["all"] == 0, "every call closed", 5)
                last = max(call.dropped_at for call in communities.made("Patient")) - began
                self.measured(f"last of {PARTNERS} calls closed after {name}", f"{last * 1000:.0f} ms")
                self.assertLess(last, 0.1 * BUSY)
                time.sleep(0.3)
                self.assertEqual(len(communities.made("Patient")), PARTNERS, "no call was started after")
                progress = self.progress()
                self.assertEqual((progress["state"], progress["pending"], progress["failed"]), ("complete", 0, PARTNERS))
                self.assertEqual(self.server.stop(), 0)
                self.setUp()

    def test_calls_that_another_subscription_needs_go_on(self):
        communities, identifier = self.start_and_wait(second=True)
        web.call("DELETE", f"{self.server.fhir}/Subscription/{identifier}")
        time.sleep(0.3)
        self.assertEqual(communities.running["all"], PARTNERS)
        self.assertEqual(self.progress()["state"], "running")

    def test_retrievals_end_with_the_last_subscription_too(self):
        community = self.partner("p001", [patient("1")])
        for number in range(12):
            community.holds(document(f"d{number}", "1", f"Note {number}."))
        community.always("Binary", Reply(hang=True))
        self.tributary(community)
        identifier = self.create(fhir.classic())["id"]
        self.wait_until_complete()
        running = community.wait_for(4, lambda request: "/Binary/" in request.path)
        self.assertEqual(len(running), 4)
        web.call("DELETE", f"{self.server.fhir}/Subscription/{identifier}")
        began = time.monotonic()
        self.eventually(lambda: all(request.dropped_at for request in running), "every call closed", 5)
        self.assertLess(max(request.dropped_at for request in running) - began, 0.1 * BUSY)
        time.sleep(0.2)
        self.assertEqual(len(community.asked("Binary")), 4)


class Reuse(PacingCase):
    SAME = ("DocumentReference?patient.given=bob&patient.family=smith",
            "DocumentReference?patient.family=SMITH&patient.given=B%C3%B6b",
            "DocumentReference?patient.family=Smith&patient.given=Bo%CC%88B&patient.family=smith")

    def test_the_same_question_joins_a_running_discovery_however_it_is_written(self):
        communities = self.communities(20, holds={"smith": ["1"]}, delay=0.5)
        receivers = [self.receiver() for _ in self.SAME]
        self.tributary(*communities.configurations())
        for criteria, receiver in zip(self.SAME, receivers):
            self.create(fhir.topic(criteria, receiver.endpoint))
        for receiver in receivers:
            self.assertEqual(len(receiver.wait_for_events(20)), 20)
        self.assertEqual(len(communities.made("Patient")), 20)
        self.assertEqual(len(communities.made("DocumentReference")), 20)

    def test_a_warm_cache_answers_alone_and_at_once(self):
        communities = self.communities(PARTNERS, holds={"smith": ["1"]})
        first = self.receiver()
        self.tributary(*communities.configurations(), discovery={"retrieve": "off"})
        self.create(fhir.topic(self.SAME[0], first.endpoint))
        self.assertEqual(len(first.wait_for_events(PARTNERS, seconds=30)), PARTNERS)
        self.wait_until_complete(self.SAME[0])
        asked = len(communities.made())
        times = []
        for number in range(15):
            receiver = self.receiver()
            began = time.monotonic()
            self.create(fhir.topic(self.SAME[number % 2], receiver.endpoint))
            events = receiver.wait_for_events(1)
            times.append(events[0].at - began)
            receiver.wait_for_events(PARTNERS)
        self.assertEqual(len(communities.made()), asked, "no partner was asked")
        self.measured(f"POST of a Subscription to its first event, {PARTNERS} documents in the cache, median and worst of 15",
                      f"{statistics.median(times) * 1000:.0f} and {max(times) * 1000:.0f} ms")
        self.assertLess(statistics.median(times), 0.05 * BUSY)


class Refreshing(PacingCase):
    def states(self):
        """{unique id: status} of every document that is known, also of retracted ones."""
        found = [*fhir.resources(self.search(fhir.BOB)), *fhir.resources(self.search(f"{fhir.BOB}&status=entered-in-error"))]
        return {each["masterIdentifier"]["value"].rpartition(".")[2]: each["status"] for each in found}

    def test_a_refresh_tells_what_is_new_what_was_replaced_and_what_was_retracted(self):
        community = self.partner("p001", [patient("1")])
        for number, name in enumerate(("kept", "old", "wrong"), 1):
            community.holds(document(name, "1", name, unique_id=f"urn:oid:2.999.1.{number}"), name)
        receiver = self.receiver()
        self.tributary(community, discovery={"refresh": "2s"})
        self.create(fhir.topic(endpoint=receiver.endpoint))
        self.assertEqual(len(receiver.wait_for_events(3)), 3)
        self.wait_until_complete()
        ids = {each["masterIdentifier"]["value"]: each["id"] for each in fhir.resources(self.search(fhir.BOB))}
        for entry, status in zip(community.documents, ("current", "superseded", "entered-in-error")):
            entry["meta"] = {"versionId": "1" if status == "current" else "2"}
            entry["status"] = status
        community.holds(document("new", "1", "new", unique_id="urn:oid:2.999.1.4",
                                 relatesTo=[{"code": "replaces", "target": {"reference": "DocumentReference/old"}}]), "new")
        wanted = {"1": "current", "2": "superseded", "3": "entered-in-error", "4": "current"}
        self.eventually(lambda: self.states() == wanted, "what has changed", 15)
        runs = len(community.asked("Patient"))
        self.eventually(lambda: len(community.asked("Patient")) >= runs + 2, "further refreshes", 15)
        told = [(event.focus() or {}).get("id") for event in receiver.notifications()]
        self.assert_numbers_without_gaps(receiver.notifications(), len(told))
        self.assertEqual(told[:3].count(ids["urn:oid:2.999.1.1"]), 1)
        self.assertNotIn(ids["urn:oid:2.999.1.1"], told[3:], "what stayed as it is, is not told again")
        self.assertEqual(len([each for each in told[3:] if each not in ids.values()]), 1, "the new one, once")
        self.assertLessEqual(len(told), 6, "each change once")
