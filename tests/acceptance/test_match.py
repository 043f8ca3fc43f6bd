"""How partners are asked for a patient: by $match where they offer it, else by search; and never twice for one they do not know."""
from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply

OFFERS_MATCH = {"resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "fhirVersion": "4.0.1", "format": ["json"],
                "rest": [{"mode": "server", "resource": [
                    {"type": "Patient", "operation": [{"name": "match", "definition": "http://hl7.org/fhir/OperationDefinition/Patient-match"}]},
                    {"type": "DocumentReference"}]}]}
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"


def graded(resource, grade):
    return {"resource": resource, "search": {"mode": "match", "score": 0.9, "extension": [{"url": GRADE, "valueCode": grade}]}}


def bundle(*entries):
    return Reply(body={"resourceType": "Bundle", "type": "searchset", "entry": list(entries)})


class Match(Case):
    def offering(self, identifier, *entries, refusal=None):
        """A partner that offers $match and answers with these entries, or refuses it all the same."""
        made = self.partner(identifier, [patient("a")]).holds(document(f"d-{identifier}", "a"))
        made.always("metadata", Reply(body=OFFERS_MATCH))
        reply = Reply(refusal) if refusal else bundle(*entries)
        made.script["Patient"] = lambda request: reply if request.path.endswith("/Patient/$match") else None
        return made

    def discover(self, *partners, criteria=fhir.BOB, **sections):
        """Subscribes once every CapabilityStatement was read, and waits for the end of the Discovery."""
        self.tributary(*partners, **sections)
        for each in partners:
            self.eventually(lambda each=each: [r for r in each.asked("metadata") if r.answered_at], "the CapabilityStatement to be read")
        self.eventually(lambda: self.read_capabilities() == len(partners), "the CapabilityStatements to be understood")
        self.create(fhir.classic(criteria))
        self.eventually(lambda: fhir.progress(self.search(criteria)).get("state", "complete") == "complete", "the discovery to end")
        return fhir.resources(self.search(criteria))

    def read_capabilities(self):
        metrics = web.get(f"{self.server.operations}/metrics").body.decode()
        return sum(float(line.rpartition(" ")[2]) for line in metrics.splitlines()
                   if line.startswith("tributary_partner_calls_total") and 'step="read_capabilities"' in line)

    def test_a_partner_that_offers_match_is_asked_so_and_once(self):
        known = self.offering("p001", graded(patient("a"), "certain"))
        unknown = self.offering("p002")
        self.assertEqual(len(self.discover(known, unknown)), 1)
        for each in (known, unknown):
            self.assertEqual([(r.method, r.path.rpartition("/fhir")[2]) for r in each.asked("Patient")], [("POST", "/Patient/$match")])
        body = known.asked("Patient")[0].json()
        values = {each["name"]: next(v for k, v in each.items() if k != "name") for each in body["parameter"]}
        self.assertEqual((body["resourceType"], set(values)), ("Parameters", {"resource", "onlyCertainMatches", "count"}))
        self.assertEqual((values["onlyCertainMatches"], values["resource"]["name"]), (True, [{"family": "smith", "given": ["bob"]}]))

    def test_who_is_only_possible_or_another_person_is_nobody(self):
        possible = self.offering("p001", graded(patient("a"), "possible"))
        other = self.offering("p002", graded(patient("a", given="Carol"), "certain"))
        self.assertEqual(self.discover(possible, other), [])

    def test_a_match_that_is_refused_gives_way_to_a_search(self):
        refusing = self.offering("p001", refusal=404)
        self.assertEqual(len(self.discover(refusing)), 1)
        self.assertEqual([each.method for each in refusing.asked("Patient")], ["POST", "GET"])

    def test_two_whom_the_partner_cannot_tell_apart_are_ambiguous(self):
        twins = self.offering("p001", graded(patient("a"), "probable"), graded(patient("b", birth_date="1980-05-05"), "probable"))
        self.assertEqual(self.discover(twins), [])
        codes = [issue["code"] for issue in fhir.outcome(self.search(fhir.BOB))["issue"]]
        self.assertIn("multiple-matches", codes)
        self.assertEqual(twins.asked("DocumentReference"), [])

    def test_acceptance_search_searches(self):
        offering = self.offering("p001", graded(patient("a"), "certain"))
        self.tributary(offering, discovery={"acceptance": "search"})
        self.create(fhir.classic())
        self.eventually(lambda: fhir.resources(self.search(fhir.BOB)), "the document")
        self.assertEqual([each.method for each in offering.asked("Patient")], ["GET"])
        self.assertEqual(offering.asked("metadata"), [])

    def test_a_partner_can_be_asked_by_match_only(self):
        silent = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        silent.script["Patient"] = lambda request: bundle(graded(patient("a"), "certain")) if request.method == "POST" else Reply(500)
        self.tributary({**silent.configuration(), "discovery": "match"})
        self.create(fhir.classic())
        self.eventually(lambda: fhir.resources(self.search(fhir.BOB)), "the document")
        self.assertEqual(silent.asked("metadata"), [])

    def test_entries_of_somebody_else_are_counted(self):
        holder = self.partner("p001", [patient("a")])
        holder.holds(document("mine", "a")).holds(document("foreign", "stranger", _served_for="a"))
        self.assertEqual(len(self.discover(holder)), 1)
        metrics = web.get(f"{self.server.operations}/metrics").body.decode()
        self.assertIn('tributary_entries_dropped_total{partner="p001"} 1', metrics)
        self.assertIsNone(fhir.outcome(self.search(fhir.BOB)))
