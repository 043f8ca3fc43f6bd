"""What a Subscription is after a restart, an update and a slow receiver, and where its secrets do not appear."""
import json
import urllib.parse

from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.receiver import Notification
from support.web import Reply

SECRET = "app-secret-71c3"


class Told(Case):
    def setUp(self):
        super().setUp()
        self.app = self.receiver()
        self.holder = self.partner("p001", [patient("a")]).holds(document("d1", "a")).holds(document("d2", "a", "Another note."), "Another note.")


class Restarted(Told):
    def test_error_and_off_are_what_they_were_and_nothing_is_called(self):
        self.tributary(self.holder, delivery={"retry_for": "0s", "handshake_within": "1s"})
        off = self.create(fhir.topic(endpoint=self.app.endpoint))["id"]
        self.app.wait_for_events(2)
        self.change(off, status="off")
        failing = self.receiver()
        failing.default = Reply(400)
        error = self.create(fhir.topic(endpoint=failing.endpoint))["id"]
        self.eventually(lambda: self.subscription_status(error) == "error", "the error")
        self.server.kill()
        called = len(self.app.received()) + len(failing.received())
        self.start_again()
        for identifier, state in ((off, "off"), (error, "error")):
            self.assertEqual(self.subscription_status(identifier), state)
            self.assertEqual(self.status_values(identifier)["status"], state)
        self.assertRaises(AssertionError, self.eventually, lambda: len(self.app.received()) + len(failing.received()) > called, "silence", seconds=2)


class Updated(Told):
    def test_what_is_off_is_turned_on_again_and_goes_on_with_the_next_number(self):
        self.tributary(self.holder, discovery={"reuse": "0s"})
        identifier = self.create(fhir.topic(endpoint=self.app.endpoint, content="id-only"))["id"]
        self.app.wait_for_events(2)
        self.change(identifier, status="off")
        ended = {**self.read(f"Subscription/{identifier}"), "status": "requested", "end": "2001-01-01T00:00:00Z"}
        self.assert_refused(web.call("PUT", f"{self.server.fhir}/Subscription/{identifier}", ended), 422, says="end")
        self.holder.holds(document("d3", "a", "A third note."), "A third note.")
        self.change(identifier, status="requested")
        self.assert_numbers_without_gaps(self.app.wait_for_events(3), 3)
        self.assertEqual(len(self.app.notifications("handshake")), 2)

    def test_other_criteria_are_asked_of_the_partners_anew(self):
        self.tributary(self.holder)
        identifier = self.create(fhir.classic(endpoint=self.app.endpoint))["id"]
        self.app.wait_for(2)
        self.assertEqual({"birthdate" in each.query for each in self.holder.asked("Patient")}, {False})
        self.change(identifier, criteria=fhir.BOB + "&patient.birthdate=1970-01-02")
        self.eventually(lambda: "birthdate" in self.holder.asked("Patient")[-1].query, "the new question")


class Slow(Told):
    def test_the_timeout_of_the_channel_ends_an_attempt(self):
        self.tributary(self.holder)
        self.create(fhir.topic(endpoint=self.app.endpoint, timeout=1))
        self.app.wait_for_events(2)
        self.app.next_replies(Reply(hang=True))
        self.holder.holds(document("d3", "a", "A third note."), "A third note.")
        self.create(fhir.topic("DocumentReference?patient.given=bob&patient.family=smith&patient.birthdate=1970-01-02"))
        hanging = self.app.wait_for_events(3)[-1]
        self.eventually(lambda: len(self.app.notifications()) >= 4, "another attempt", seconds=6)
        self.assertEqual(self.app.notifications()[-1].number, hanging.number)

    def test_a_bundle_holds_no_more_than_max_count(self):
        self.tributary(self.holder)
        one, many = fhir.topic(endpoint=self.app.endpoint), fhir.topic(endpoint=self.app.endpoint)
        for subscription, most in ((one, 1), (many, 5)):
            subscription["channel"]["extension"] = [{"url": f"{fhir.BACKPORT}/backport-max-count", "valuePositiveInt": most}]
            self.create(subscription)
        told = self.app.wait_for_events(4)
        self.assertTrue(all(len(each.events) == 1 for each in told))


class Bound(Told):
    def test_a_frame_holds_what_the_content_level_says(self):
        self.tributary(self.holder)
        for content, focus, resources in (("empty", False, 0), ("id-only", True, 0), ("full-resource", True, 2)):
            url, token = self.binding(self.create(fhir.topic(content=content))["id"])
            socket = self.socket(url)
            socket.send(f"bind-with-token {token}")
            frames = [json.loads(socket.receive()) for _ in range(3)]
            event = Notification(frames[-1])
            self.assertEqual((event.type, "focus" in event.events[0]), ("event-notification", focus))
            self.assertEqual(sum("resource" in entry for entry in frames[-1]["entry"][1:]), resources, content)


class Secrets(Told):
    def test_no_answer_log_or_metric_shows_a_header_value(self):
        self.tributary(self.holder)
        asked = fhir.topic(endpoint=self.app.endpoint, header=[f"Authorization: Bearer {SECRET}"])
        created = self.create(asked)
        self.app.wait_for_events(2)
        self.change(created["id"], reason="another one")
        base = f"{self.server.fhir}/Subscription"
        url = "url=" + urllib.parse.quote(self.app.endpoint)
        answers = [web.get(f"{base}/{created['id']}"), web.get(f"{base}/{created['id']}/_history"), web.get(f"{base}/{created['id']}/_history/1"),
                   web.get(f"{base}?{url}"), web.call("POST", f"{base}/_search", url, {"Content-Type": "application/x-www-form-urlencoded"}),
                   web.call("POST", base, asked, {"If-None-Exist": url}), web.get(f"{base}/{created['id']}/$status")]
        for answer in answers:
            self.assertEqual(answer.status, 200, answer)
            self.assertNotIn(SECRET.encode(), answer.body)
        self.assertIn(b"Authorization: ***", answers[0].body)
        self.assertNotIn(SECRET, self.server.stderr())
        self.assertNotIn(SECRET.encode(), web.get(f"{self.server.operations}/metrics").body)
        self.assertTrue(all(each.headers["Authorization"] == f"Bearer {SECRET}" for each in self.app.received()))
