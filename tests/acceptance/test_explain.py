"""Subscription/$explain: why a document was told, or was not, when, and at which attempt."""
from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply


class Explain(Case):
    def explain(self, subscription, reference):
        answer = web.get(f"{self.server.fhir}/Subscription/{subscription}/$explain?document={reference}")
        self.assertEqual(answer.status, 200, answer.body)
        parameters = answer.json()["parameter"]
        said = {each["name"]: next(v for k, v in each.items() if k.startswith("value")) for each in parameters if "part" not in each}
        said["events"] = [{part["name"]: next(v for k, v in part.items() if k.startswith("value")) for part in each["part"]}
                          for each in parameters if each["name"] == "event"]
        return said

    def test_a_document_is_explained_with_its_number_time_and_attempts(self):
        receiver = self.receiver()
        self.tributary(self.partner("p001", [patient("1")]).holds(document("d1", "1")))
        receiver.next_replies(Reply(200), Reply(503), Reply(200))
        told = self.create(fhir.topic(endpoint=receiver.endpoint))["id"]
        focus = receiver.wait_for_events(2, seconds=20)[-1].focus()["id"]
        self.eventually(lambda: self.explain(told, focus)["events"][0]["delivered"], "the delivery is recorded")
        said = self.explain(told, f"DocumentReference/{focus}")
        self.assertTrue(said["notified"])
        self.assertEqual((said["outcome"], said["event-number"], said["attempt"], said["reason"]), ("delivered", "1", 2, "matched"))
        event = said["events"][0]
        self.assertEqual((event["event-number"], event["kind"], event["attempts"]), ("1", "create", 2))
        self.assertLess(event["timestamp"], event["delivered-at"])
        filtered = self.create(fhir.topic(f"{fhir.BOB}&type=http://loinc.org|00000-0", receiver.endpoint))["id"]
        somebody = self.create(fhir.topic("DocumentReference?patient.given=alice&patient.family=jones", receiver.endpoint))["id"]
        for subscription, reason in ((filtered, "filtered"), (somebody, "other-patient")):
            said = self.explain(subscription, focus)
            self.assertFalse(said["notified"])
            self.assertEqual(said["outcome"], "not-notified")
            self.assertEqual(said["reason"], reason)
            self.assertTrue(said["explanation"])

    def test_a_question_in_a_body_has_the_same_answer(self):
        receiver = self.receiver()
        self.tributary(self.partner("p001", [patient("1")]).holds(document("d1", "1")))
        told = self.create(fhir.topic(endpoint=receiver.endpoint))["id"]
        focus = receiver.wait_for_events(1)[0].focus()["id"]
        self.eventually(lambda: self.explain(told, focus)["events"][0]["delivered"], "the delivery is recorded")
        asked = {"resourceType": "Parameters", "parameter": [{"name": "document", "valueString": f"DocumentReference/{focus}"}]}
        url = f"{self.server.fhir}/Subscription/{told}/$explain"
        answer = web.call("POST", url, asked)
        self.assertEqual((answer.status, answer.json()), (200, web.get(f"{url}?document={focus}").json()))
        asked["parameter"][0] = {"name": "document"}
        self.assert_refused(web.call("POST", url, asked), 400)

    def test_bad_questions_are_told(self):
        self.tributary(self.partner("p001"))
        subscription = self.create(fhir.classic())["id"]
        for path, status in ((f"{subscription}/$explain", 400), (f"{subscription}/$explain?document=nothing", 404),
                             ("nobody/$explain?document=x", 404)):
            answer = web.get(f"{self.server.fhir}/Subscription/{path}")
            self.assertEqual((answer.status, answer.json()["resourceType"]), (status, "OperationOutcome"))
