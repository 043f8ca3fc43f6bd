"""Whose documents are told, and which documents are the same."""
from support import fhir
from support.case import Case
from support.partner import document, patient
from support.web import Reply

WITH_BIRTH_DATE = fhir.BOB + "&patient.birthdate=1970-01-02"


class Identity(Case):
    def found(self, *partners, criteria=fhir.BOB, **sections):
        """Texts of the documents that a Subscription is told of, once every partner has answered."""
        receiver = self.receiver()
        self.tributary(*partners, **sections)
        self.create(fhir.topic(criteria, receiver.endpoint))
        self.eventually(lambda: self.discovery_is_over(criteria), "the discovery to end")
        count = len(fhir.resources(self.search(criteria)))
        return receiver.wait_for_events(count, seconds=5), self.search(criteria)

    def discovery_is_over(self, criteria):
        state = fhir.progress(self.search(criteria)).get("state", "complete")
        return state == "complete"

    def test_one_document_at_three_communities_is_one_notification(self):
        unique, text = "urn:oid:2.999.1.17.1", "one and the same"
        partners = [self.partner(f"p00{n}", [patient(f"pat{n}")]).holds(document(f"d{n}", f"pat{n}", text, unique), text)
                    for n in (1, 2, 3)]
        events, bundle = self.found(*partners)
        self.assert_numbers_without_gaps(events, 1)
        self.assertEqual(len(fhir.resources(bundle)), 1)

    def test_the_same_number_for_other_content_is_another_document(self):
        unique = "urn:oid:2.999.1.17.1"
        partners = [self.partner(f"p00{n}", [patient(f"pat{n}")]).holds(document(f"d{n}", f"pat{n}", f"text {n}", unique), f"text {n}")
                    for n in (1, 2)]
        receiver = self.receiver()
        self.tributary(*partners)
        self.create(fhir.topic(endpoint=receiver.endpoint))
        self.assert_numbers_without_gaps(receiver.wait_for_events(2), 2)

    def test_a_name_that_only_begins_alike_is_another_person(self):
        wrong = self.partner("p001", [patient("a", given="Bobby", family="Smithson")]).holds(document("d1", "a"))
        right = self.partner("p002", [patient("b", given="BOB", family="SMITH")]).holds(document("d2", "b", "right"), "right")
        events, bundle = self.found(wrong, right)
        self.assertEqual([each.focus()["meta"]["source"][-4:] for each in events], ["p002"])
        self.assertEqual(len(fhir.resources(bundle)), 1)

    def test_acceptance_search_follows_what_the_partner_found(self):
        holder = self.partner("p001", [patient("a", given="Bobby", family="Smithson")]).holds(document("d1", "a"))
        events, _ = self.found(holder, discovery={"acceptance": "search"})
        self.assert_numbers_without_gaps(events, 1)

    def test_another_or_a_missing_birth_date_is_not_accepted(self):
        other = self.partner("p001", [patient("a", birth_date="1970-02-01")]).holds(document("d1", "a"))
        without = patient("b")
        del without["birthDate"]
        missing = self.partner("p002", [without]).holds(document("d2", "b"))
        events, bundle = self.found(other, missing, criteria=WITH_BIRTH_DATE)
        self.assertEqual((events, fhir.resources(bundle)), ([], []))

    def test_a_document_of_somebody_else_in_the_answer_is_dropped(self):
        holder = self.partner("p001", [patient("a")])
        holder.holds(document("mine", "a")).holds(document("foreign", "stranger", _served_for="a"))
        events, bundle = self.found(holder)
        self.assert_numbers_without_gaps(events, 1)
        self.assertEqual(len(fhir.resources(bundle)), 1)

    def test_two_people_of_one_name_at_a_partner_are_ambiguous(self):
        twins = self.partner("p001", [patient("a"), patient("b", birth_date="1980-05-05")])
        twins.holds(document("d1", "a")).holds(document("d2", "b"))
        events, bundle = self.found(twins)
        self.assertEqual(events, [])
        self.assertIn("multiple-matches", [issue["code"] for issue in fhir.outcome(bundle)["issue"]])
        self.assertEqual(twins.asked("DocumentReference"), [])

    def test_two_linked_records_of_one_person_are_both_followed(self):
        linked = patient("b", link=[{"other": {"reference": "Patient/a"}, "type": "seealso"}])
        holder = self.partner("p001", [patient("a"), linked])
        holder.holds(document("d1", "a")).holds(document("d2", "b", "two"), "two")
        events, _ = self.found(holder)
        self.assert_numbers_without_gaps(events, 2)

    def test_only_the_patient_asked_for_is_asked_about(self):
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        self.found(holder)
        request = holder.asked("DocumentReference")[0]
        self.assertEqual(request.query["patient"][0].rpartition("/")[2], "a")
        self.assertEqual(request.query["status"], ["current,superseded"])
        self.assertNotIn("patient.given", request.query)

    def test_a_partner_that_knows_nobody_is_no_failure(self):
        empty, holder = self.partner("p001"), self.partner("p002", [patient("a")]).holds(document("d1", "a"))
        events, bundle = self.found(empty, holder)
        self.assert_numbers_without_gaps(events, 1)
        self.assertIsNone(fhir.outcome(bundle))

    def test_partners_without_patient_match_are_searched(self):
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        holder.always("metadata", Reply(404))
        events, _ = self.found(holder)
        self.assert_numbers_without_gaps(events, 1)
