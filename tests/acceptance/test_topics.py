"""The topics: how they are advertised, and what each of them tells."""
import json
import urllib.parse

from support import fhir, programs, web
from support.case import Case
from support.partner import document, patient

IHE = "https://profiles.ihe.net/ITI/DSUBm/"
PREFIX = "DSUBm-SubscriptionTopic-"
PATIENT_DEPENDENT, MULTI_PATIENT = "DocumentReference-PatientDependent", "DocumentReference-MultiPatient"
SUFFIXES = [PATIENT_DEPENDENT, MULTI_PATIENT] + [
    f"DocReference-{whose}-{which}" for which in ("MinUpdate", "AllEvents") for whose in ("PatientDependent", "MultiPatient")]
ELEMENT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic."
CODE = "code=" + urllib.parse.quote("http://hl7.org/fhir/fhir-types|SubscriptionTopic")
VECTORS = programs.SHARED / "vectors" / "subscriptions"


def canonical(suffix):
    return f"{IHE}SubscriptionTopic/{PREFIX}{suffix}"


def ihe(suffix, filters, endpoint, criteria=None, content="full-resource"):
    made = fhir.topic(filters or "", endpoint, content)
    made["criteria"] = criteria or canonical(suffix)
    if not filters:
        del made["_criteria"]
    return made


def url_of(basic):
    return next(each["valueUri"] for each in basic["extension"] if each["url"] == ELEMENT + "url")


class Advertised(Case):
    def setUp(self):
        super().setUp()
        self.tributary(self.partner("p001"))

    def urls(self, query):
        bundle = self.search(f"Basic?{query}")
        self.assertEqual(bundle["type"], "searchset")
        found = [url_of(each) for each in fhir.resources(bundle, "Basic")]
        self.assertEqual(bundle["total"], len(found))
        return found

    def test_the_capability_statement_lists_every_topic_as_criteria_name_it(self):
        resources = {each["type"]: each for each in self.read("metadata")["rest"][0]["resource"]}
        listed = [each["valueCanonical"] for each in resources["Subscription"]["extension"]]
        self.assertEqual(listed, [fhir.TOPIC, *map(canonical, SUFFIXES)])
        self.assertEqual([each["code"] for each in resources["Basic"]["interaction"]], ["read", "search-type"])
        self.assertIn("code", [each["name"] for each in resources["Basic"]["searchParam"]])

    def test_topics_are_found_as_basic_resources(self):
        every = [fhir.TOPIC, *map(canonical, SUFFIXES)]
        self.assertEqual(self.urls(CODE), every)
        self.assertEqual(self.urls("code=SubscriptionTopic&status=active&resource=DocumentReference"), every)
        self.assertEqual(self.urls("code=other"), [])
        self.assertEqual(self.urls(f"{CODE}&status=draft"), [])
        self.assertEqual(self.urls(f"{CODE}&resource=Patient"), [])
        one = canonical(MULTI_PATIENT)
        for query in (f"url={one}", f"url={one}|1.0.0", f"url={IHE}{PREFIX}{MULTI_PATIENT}", f"_id={PREFIX}{MULTI_PATIENT}",
                      f"derived-or-self={one}"):
            self.assertEqual(self.urls(f"{CODE}&{query}"), [one], query)
        self.assertEqual(self.urls(f"{CODE}&url={one},{fhir.TOPIC}"), [fhir.TOPIC, one])
        self.assertEqual(self.urls(f"{CODE}&url={one}&url={fhir.TOPIC}"), [])
        self.assertEqual(self.urls(f"{CODE}&derived-or-self={canonical(PATIENT_DEPENDENT)}"), [fhir.TOPIC, canonical(PATIENT_DEPENDENT)])
        self.assertEqual(len(fhir.resources(self.search(f"Basic?{CODE}&_count=2"), "Basic")), 2)

    def test_a_basic_is_read_by_its_id(self):
        for suffix in SUFFIXES:
            self.assertEqual(url_of(self.read(f"Basic/{PREFIX}{suffix}")), canonical(suffix))
        self.assert_refused(web.get(f"{self.server.fhir}/Basic/none"), 404)

    def test_our_topic_has_the_elements_of_the_published_one(self):
        if not VECTORS.is_dir():
            self.skipTest(f"no vectors at {VECTORS}")
        expected = json.loads((VECTORS / "composed" / "patient-documents.basic-topic.json").read_text())
        shown = self.read("Basic/patient-documents")
        self.assertEqual(list(shown), list(expected))
        self.assertEqual(shown["code"], expected["code"])
        self.assertEqual(shown["modifierExtension"], expected["modifierExtension"])
        offered = [each for each in shown["extension"] if each in expected["extension"]]
        missing = {each["url"].removeprefix(ELEMENT) for each in expected["extension"] if each not in offered}
        self.assertEqual(missing, {"url", "date", "description"})


class Told(Case):
    def test_a_patient_dependent_topic_starts_a_discovery_and_tells_new_documents(self):
        made = self.partner("p001", [patient("pat1")])
        made.script["Patient"] = lambda request: made.bundle(made.patients, 1, request.target)
        made.holds(document("d1", "pat1"))
        receiver = self.receiver()
        self.tributary(made)
        for criteria in (canonical(PATIENT_DEPENDENT), IHE + PREFIX + PATIENT_DEPENDENT):
            created = self.create(ihe(PATIENT_DEPENDENT, "patient.identifier=urn:oid:2.999.8.1|MRN-pat1", receiver.endpoint, criteria))
            self.assertEqual(created["status"], "requested")
            self.assertEqual(created["criteria"], criteria)
        events = receiver.wait_for_events(2)
        self.assertEqual([each.values["topic"] for each in events], [canonical(PATIENT_DEPENDENT)] * 2)

    def test_a_multi_patient_topic_asks_nobody_and_tells_what_comes_for_others(self):
        made = self.partner("p001", [patient("pat1")])
        made.holds(document("d1", "pat1"))
        every, bobs = self.receiver(), self.receiver()
        self.tributary(made)
        created = self.create(ihe(MULTI_PATIENT, None, every.endpoint))
        self.eventually(lambda: self.subscription_status(created["id"]) == "active", "the handshake")
        self.assertEqual(made.asked("Patient"), [])
        self.create(fhir.topic(endpoint=bobs.endpoint))
        self.assert_numbers_without_gaps(every.wait_for_events(1), 1)
        self.assert_numbers_without_gaps(bobs.wait_for_events(1), 1)

    def test_updates_are_told_where_the_trigger_has_them(self):
        entry = document("d1", "pat1")
        made = self.partner("p001", [patient("pat1")]).holds(entry)
        made.script["Patient"] = lambda request: made.bundle(made.patients, 1, request.target)
        self.tributary(made, discovery={"refresh": "1s"})
        receivers = {}
        for suffix in SUFFIXES[::2]:
            receivers[suffix] = self.receiver()
            self.create(ihe(suffix, "patient.identifier=urn:oid:2.999.8.1|MRN-pat1", receivers[suffix].endpoint))
        for receiver in receivers.values():
            receiver.wait_for_events(1)
        every = receivers[SUFFIXES[4]]
        for count, change in ((2, {"description": "another one"}), (3, {"status": "superseded"})):
            entry.update(change)
            self.assertEqual(len(every.wait_for_events(count)), count)
        told = {suffix: [(each.number, each.focus()["status"]) for each in receiver.wait_for_events(count)]
                for (suffix, receiver), count in zip(receivers.items(), (1, 2, 3))}
        self.assertEqual(list(told.values()), [[(1, "current")], [(1, "current"), (2, "superseded")],
                                               [(1, "current"), (2, "current"), (3, "superseded")]])


class Refused(Case):
    def setUp(self):
        super().setUp()
        self.app = self.receiver()
        self.tributary(self.partner("p001", [patient("pat1")]))

    def post(self, subscription):
        return web.call("POST", f"{self.server.fhir}/Subscription", subscription)

    def test_what_a_topic_of_ihe_does_not_allow(self):
        endpoint = self.app.endpoint
        self.assert_refused(self.post(ihe(PATIENT_DEPENDENT, "type=34133-9", endpoint)), 422, code="required")
        self.assert_refused(self.post(ihe(PATIENT_DEPENDENT, fhir.BOB, endpoint)), 422, code="not-supported", says=fhir.TOPIC)
        self.assert_refused(self.post(ihe(MULTI_PATIENT, "patient.identifier=a|b", endpoint)), 422, code="not-supported")
        self.assert_refused(self.post(ihe(MULTI_PATIENT, None, None)), 422, code="not-supported", says="Subscription.channel.type")
        self.assert_refused(self.post(ihe("Folder-Subscription-MinUpdateOpt", None, endpoint)), 422, code="not-supported")

    def test_an_update_on_a_topic_of_ihe_turns_it_off_or_on_and_no_more(self):
        created = self.create(ihe(MULTI_PATIENT, "type=34133-9", self.app.endpoint))
        url = f"{self.server.fhir}/Subscription/{created['id']}"
        self.eventually(lambda: self.subscription_status(created["id"]) == "active", "the handshake")
        other = json.loads(json.dumps(created))
        other["_criteria"]["extension"][0]["valueString"] = "type=1"
        self.assert_refused(web.call("PUT", url, other), 422)
        stored = self.read(f"Subscription/{created['id']}")
        for status in ("requested", "active"):
            self.assertEqual(web.call("PUT", url, {**stored, "status": status}).json(), stored)
            longer = {**stored, "status": status, "end": "2099-01-01T00:00:00Z", "reason": "Longer"}
            self.assert_refused(web.call("PUT", url, longer), 422, says="status only")
        self.assertEqual(self.read(f"Subscription/{created['id']}"), stored)
        self.assertEqual(self.change(created["id"], status="off")["status"], "off")
        self.assertEqual(self.change(created["id"], status="requested")["status"], "requested")
