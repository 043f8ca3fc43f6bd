"""Progress as notifications: asked for by an extension, in the same stream with the same numbers."""
import json

from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.receiver import Notification
from support.web import Reply



def value(part):
    return next(v for k, v in part.items() if k.startswith("value"))


class Told:
    """What a Basic says: `counts` with the state, and {partner: its parts}."""

    def __init__(self, basic):
        extension = next(each for each in basic["extension"] if each["url"] == fhir.PROGRESS)
        self.counts = {part["url"]: value(part) for part in extension["extension"] if "extension" not in part}
        self.partners = {}
        for part in extension["extension"]:
            if part["url"] == "partner":
                said = {each["url"]: value(each) for each in part["extension"]}
                self.partners[said.pop("id")] = said


def read(notifications):
    """("progress", Told) and ("document", id) in the order in which they came."""
    return [("document", each.focus()["id"]) if each.focus()["resourceType"] == "DocumentReference" else ("progress", Told(each.focus()))
            for each in notifications]


class Progress(Case):
    def communities(self):
        """One that has two documents, one that knows nobody, one that fails."""
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a")).holds(document("d2", "a", "two"), "two")
        return [holder, self.partner("p002"), self.partner("p003").always("Patient", Reply(403))]

    def check_stream(self, notifications, subscription):
        self.assert_numbers_without_gaps(notifications, len(notifications))
        told = read(notifications)
        self.assertEqual([kind for kind, _ in told].count("document"), 2)
        first, last = told[0][1], told[-1][1]
        self.assertEqual((first.counts["state"], first.counts["asked"], first.counts["pending"]), ("running", 3, 3))
        self.assertEqual({each["state"] for each in first.partners.values()}, {"asked"})
        self.assertEqual(last.counts, {"state": "complete", "asked": 3, "answered": 2, "matched": 1, "failed": 1, "pending": 0})
        self.assertEqual(last.partners, {"p001": {"state": "matched", "matches": 1}, "p002": {"state": "no-match", "matches": 0},
                                         "p003": {"state": "failed", "matches": 0, "issue": "forbidden"}})
        focus = notifications[-1].focus()
        self.assertEqual(focus["subject"]["reference"], f"Subscription/{subscription}")
        self.assertEqual(self.read(f"Basic/{focus['id']}"), focus)
        found = self.search(f"Basic?_id={focus['id']}")
        self.assertEqual((found["total"], fhir.resources(found, "Basic")), (1, [focus]))
        self.assertEqual(self.search(f"Basic?_id={focus['id']}&status=active")["total"], 0)
        self.assertEqual({each.focus()["id"] for each in notifications if each.focus()["resourceType"] == "Basic"}, {focus["id"]})

    def test_a_receiver_is_told_of_partners_and_the_end_among_the_documents(self):
        receiver = self.receiver()
        self.tributary(*self.communities())
        created = self.create(fhir.following(fhir.topic(endpoint=receiver.endpoint)))
        self.eventually(lambda: b'"complete"' in receiver.received()[-1].body if receiver.received() else False, "the end")
        notifications = receiver.notifications()
        self.check_stream(notifications, created["id"])
        said = self.status_values(created["id"])
        self.assertEqual(said["events-since-subscription-start"], str(len(notifications)))
        again = Notification(self.read(f"Subscription/{created['id']}/$events"))
        self.assertEqual([each["resource"] for each in again.entries[1:] if each["resource"]["resourceType"] == "Basic"],
                         [each.focus() for each in notifications if each.focus()["resourceType"] == "Basic"])
        self.assert_refused(web.get(f"{self.server.fhir}/Basic/none"), 404)

    def test_a_socket_is_told_the_same(self):
        self.tributary(*self.communities())
        created = self.create(fhir.following(fhir.topic()))
        url, token = self.binding(created["id"])
        app = self.socket(url)
        app.send(f"bind-with-token {token}")
        notifications = []
        while not (notifications and b'"complete"' in notifications[-1].raw):
            frame = app.receive()
            notifications.append(Notification(json.loads(frame), frame.encode()))
        self.check_stream([each for each in notifications if each.type == "event-notification"], created["id"])

    def test_without_the_extension_nothing_is_new_and_a_late_wish_is_granted(self):
        receiver = self.receiver()
        self.tributary(*self.communities())
        created = self.create(fhir.topic(endpoint=receiver.endpoint))
        self.eventually(lambda: fhir.progress(self.search(fhir.BOB)).get("state") == "complete", "the end")
        self.assertEqual([kind for kind, _ in read(receiver.wait_for_events(2))], ["document", "document"])
        self.assertEqual(self.status_values(created["id"])["events-since-subscription-start"], "2")
        self.change(created["id"], status="requested", extension=fhir.following({})["extension"])
        kind, told = read(receiver.wait_for_events(3))[-1]
        self.assertEqual((kind, told.counts["state"]), ("progress", "complete"))

    def test_a_level_says_of_progress_what_it_says_of_documents(self):
        self.tributary(*self.communities())
        for content, fields in (("empty", set()), ("id-only", {"focus"})):
            receiver = self.receiver()
            self.create(fhir.following(fhir.topic(endpoint=receiver.endpoint, content=content)))
            told = receiver.wait_for_events(3)
            self.assertEqual({len(event.entries) for event in told}, {1})
            self.assertEqual(set(told[-1].events[0]) & {"focus"}, fields)
        reference = told[-1].events[0]["focus"]["reference"]
        self.assertTrue(reference.startswith(f"{self.server.fhir}/Basic/"), reference)
        self.assertEqual(web.get(reference).json()["code"]["coding"][0]["code"], "discovery-progress")

    def test_classic_criteria_may_ask_for_it_too(self):
        receiver = self.receiver()
        self.tributary(*self.communities())
        self.create(fhir.following(fhir.classic(endpoint=receiver.endpoint, payload=fhir.FHIR_JSON)))
        sent = self.eventually(lambda: receiver.received(lambda request: b'"complete"' in request.body), "the end")[0]
        self.assertEqual((sent.method, sent.path), ("PUT", f"/hook/Basic/{sent.json()['id']}"))
        refused = fhir.following(fhir.classic())
        refused["extension"][0] = {"url": refused["extension"][0]["url"], "valueString": "true"}
        self.assert_refused(web.call("POST", f"{self.server.fhir}/Subscription", refused), 422, says="valueBoolean")

    def test_a_kill_in_between_keeps_numbers_and_content(self):
        slow = self.partner("p004", [patient("d")]).holds(document("d9", "d", "late"), "late")
        held = {"holds": True}
        slow.script["Patient"] = lambda _request: Reply(503, {"resourceType": "OperationOutcome"}) if held["holds"] else None
        receiver = self.receiver()
        self.tributary(*self.communities(), slow, partner_defaults={"attempts": 100, "breaker_failures": 1000},
                       discovery={"progress_interval": "0s"}, server={"public_base": "http://documents.example/fhir"})
        created = self.create(fhir.following(fhir.topic(endpoint=receiver.endpoint)))
        self.eventually(lambda: [kind for kind, _ in read(receiver.notifications())].count("document") == 2, "two documents")
        self.server.kill()
        held["holds"] = False
        self.start_again()
        self.eventually(lambda: b'"complete"' in receiver.received()[-1].body, "the end", seconds=20)
        first = {}
        for each in receiver.notifications():
            self.assertEqual(first.setdefault(each.number, each.raw), each.raw, "a repeat has the same bytes")
        self.assertEqual(sorted(first), list(range(1, len(first) + 1)))
        told = read([Notification(json.loads(first[number])) for number in sorted(first)])
        self.assertEqual([kind for kind, _ in told].count("document"), 3)
        self.assertEqual(told[-1][1].counts["state"], "complete")
        self.assertEqual(told[-1][1].partners["p004"], {"state": "matched", "matches": 1})
        self.assertEqual(self.subscription_status(created["id"]), "active")
