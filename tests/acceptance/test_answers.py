"""What GET answers: how complete it is, pages, documents as bytes and as FHIR, on demand."""
import base64

from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply


class Completeness(Case):
    def test_an_answer_says_what_is_still_running_and_who_failed(self):
        good = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        failing = self.partner("p002").always("Patient", Reply(500))
        hanging = self.partner("p003").always("Patient", Reply(hang=True))
        self.tributary(good, failing, hanging, partner_defaults={"attempts": 1})
        self.create(fhir.classic())
        self.eventually(lambda: fhir.progress(self.search(fhir.BOB)).get("failed") == 1
                        and fhir.resources(self.search(fhir.BOB)), "one answer and one failure")
        bundle = self.search(fhir.BOB)
        self.assertEqual({key: value for key, value in fhir.progress(bundle).items()},
                         {"state": "running", "asked": 3, "answered": 1, "matched": 1, "failed": 1, "pending": 1})
        first, *rest = fhir.outcome(bundle)["issue"]
        self.assertEqual((first["code"], first["severity"]), ("incomplete", "information"))
        self.assertEqual([issue["code"] for issue in rest], ["transient"])
        self.assertIn("Community p002", str(rest))
        hanging.script.clear()
        hanging.release()
        self.eventually(lambda: fhir.progress(self.search(fhir.BOB)).get("state") == "complete", "the end")
        self.assertEqual(fhir.outcome(self.search(fhir.BOB))["issue"][0]["severity"], "warning")

    def test_a_complete_answer_carries_no_outcome(self):
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        self.tributary(holder)
        self.create(fhir.classic())
        self.eventually(lambda: fhir.resources(self.search(fhir.BOB)), "the document")
        self.eventually(lambda: fhir.outcome(self.search(fhir.BOB)) is None, "the discovery to be complete")
        bundle = self.search(fhir.BOB)
        self.assertEqual((bundle["type"], bundle["total"]), ("searchset", 1))

    def test_a_patient_never_asked_for_is_an_empty_answer_that_says_so(self):
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        self.tributary(holder)
        bundle = self.search("DocumentReference?patient.given=eve&patient.family=jones")
        self.assertEqual(fhir.resources(bundle), [])
        self.assertEqual(fhir.progress(bundle)["state"], "none")
        self.assertEqual(fhir.outcome(bundle)["issue"][0]["severity"], "warning")
        self.assertEqual(holder.asked("Patient"), [])

    def test_a_failed_partner_is_asked_again_until_it_answers(self):
        receiver = self.receiver()
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        holder.on("Patient", *[Reply(503)] * 5)
        self.tributary(holder, partner_defaults={"attempts": 1, "breaker_failures": 1, "breaker_pause": "200ms"})
        self.create(fhir.topic(endpoint=receiver.endpoint))
        self.assert_numbers_without_gaps(receiver.wait_for_events(1, seconds=40), 1)


class Pages(Case):
    def many(self, count):
        holder = self.partner("p001", [patient("a")], page_size=10)
        for number in range(count):
            holder.holds(document(f"d{number}", "a", f"text {number}"), f"text {number}")
        return holder

    def test_every_page_of_a_partner_is_followed_and_ours_can_be_too(self):
        holder, receiver = self.many(23), self.receiver()
        self.tributary(holder)
        self.create(fhir.topic(endpoint=receiver.endpoint, content="id-only"))
        self.assert_numbers_without_gaps(receiver.wait_for_events(23), 23)
        url, seen, pages = f"{self.server.fhir}/{fhir.BOB}&_count=5", [], 0
        while url:
            bundle = web.get(url).json()
            self.assertEqual(bundle["total"], 23)
            seen += [each["id"] for each in fhir.resources(bundle)]
            url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)
            pages += 1
        self.assertEqual((pages, len(seen), len(set(seen))), (5, 23, 23))

    def test_a_next_link_that_leads_back_ends(self):
        holder, receiver = self.many(1), self.receiver()
        page = holder.page("a", 0)
        loop = holder.bundle([document("d0", "a", "text 0")], 1, None, [{"relation": "next", "url": f"{holder.fhir}/DocumentReference?patient=a&loop=1"}])
        holder.always("DocumentReference", loop)
        self.assertTrue(page)
        self.tributary(holder)
        self.create(fhir.topic(endpoint=receiver.endpoint))
        self.assert_numbers_without_gaps(receiver.wait_for_events(1), 1)
        self.eventually(lambda: fhir.progress(self.search(fhir.BOB)).get("state", "complete") == "complete", "the loop to end")
        self.assertLess(len(holder.asked("DocumentReference")), 10)

    def test_a_next_link_to_another_origin_is_not_followed(self):
        elsewhere, holder, receiver = self.partner("x"), self.many(1), self.receiver()
        holder.always("DocumentReference", holder.bundle([document("d0", "a", "text 0")], 2, None,
                                                         [{"relation": "next", "url": f"{elsewhere.fhir}?_getpages=a&_getpagesoffset=1"}]))
        self.tributary(holder)
        self.create(fhir.topic(endpoint=receiver.endpoint))
        self.assert_numbers_without_gaps(receiver.wait_for_events(1), 1)
        outcome = self.eventually(lambda: fhir.outcome(self.search(fhir.BOB))
                                  if fhir.progress(self.search(fhir.BOB)).get("state") == "complete" else None, "a partial answer")
        self.assertIn("incomplete", [issue["code"] for issue in outcome["issue"][1:]])
        self.assertEqual(elsewhere.received(), [])


class Documents(Case):
    def one(self, retrieve="eager", text="Grüße\n", **options):
        holder, receiver = self.partner("p001", [patient("a")]).holds(document("d1", "a", text, **options), text), self.receiver()
        self.tributary(holder, discovery={"retrieve": retrieve})
        self.create(fhir.topic(endpoint=receiver.endpoint))
        event = receiver.wait_for_events(1)[0]
        return holder, event.focus()["content"][0]["attachment"]["url"]

    def test_raw_and_as_fhir(self):
        holder, url = self.one()
        raw = web.get(url, Accept="text/plain")
        self.assertEqual((raw.status, raw.body.decode(), raw.headers["Content-Type"].split(";")[0]), (200, "Grüße\n", "text/plain"))
        self.assertEqual(web.get(url).body.decode(), "Grüße\n")
        wrapped = web.get(url, Accept=fhir.FHIR_JSON).json()
        self.assertEqual((wrapped["resourceType"], wrapped["contentType"].split(";")[0]), ("Binary", "text/plain"))
        self.assertEqual(base64.b64decode(wrapped["data"]).decode(), "Grüße\n")
        for accept, given in ((f"{fhir.FHIR_JSON};q=0.9, text/plain", "text/plain"), (f"{fhir.FHIR_JSON}, text/plain;q=0.9", fhir.FHIR_JSON),
                              (f"{fhir.FHIR_JSON}, text/plain", fhir.FHIR_JSON), (f"{fhir.FHIR_JSON};q=0.9, */*", fhir.FHIR_JSON)):
            self.assertEqual(web.get(url, Accept=accept).headers["Content-Type"].split(";")[0], given, accept)
        self.assertEqual(len(holder.asked("Binary")), 1, "retrieved once")

    def test_lazy_is_retrieved_when_somebody_asks_and_then_kept(self):
        holder, url = self.one("lazy")
        self.assertEqual(holder.asked("Binary"), [])
        self.assertEqual([web.get(url, Accept="text/plain").body.decode() for _ in range(2)], ["Grüße\n"] * 2)
        self.assertEqual(len(holder.asked("Binary")), 1)

    def test_inline_data_becomes_a_binary_of_ours(self):
        holder, url = self.one(inline=True)
        self.assertEqual(web.get(url, Accept="text/plain").body.decode(), "Grüße\n")
        self.assertEqual(holder.asked("Binary"), [])

    def test_html_and_rtf_of_one_entry_are_two_binaries(self):
        holder, receiver = self.partner("p001", [patient("a")]), self.receiver()
        entry = document("d1", "a", "<p>x</p>", content_type="text/html")
        entry["content"].append({"attachment": {"contentType": "text/rtf", "url": "Binary/b-rtf"}})
        holder.holds(entry, "<p>x</p>").bodies["b-rtf"] = b"{\\rtf1 x}"
        self.tributary(holder)
        self.create(fhir.topic(endpoint=receiver.endpoint))
        contents = receiver.wait_for_events(1)[0].focus()["content"]
        bodies = [web.get(each["attachment"]["url"], Accept=each["attachment"]["contentType"]).body for each in contents]
        self.assertEqual(bodies, [b"<p>x</p>", b"{\\rtf1 x}"])

    def test_what_the_partner_cannot_give_is_an_outcome(self):
        holder, url = self.one("lazy")
        holder.always("Binary", Reply(404))
        self.assert_refused(web.get(url, Accept="text/plain"), 404, 410, 502, 503, 504)
        self.assert_refused(web.get(f"{self.server.fhir}/Binary/{'a' * 32}"), 404)

    def test_a_document_whose_partner_is_not_configured_now_is_not_unknown(self):
        _, url = self.one("lazy")
        self.server.stop()
        self.sections["partner"] = [self.partner("p002").configuration()]
        self.start_again()
        answer = web.get(f"{self.server.fhir}/Binary/{url.rpartition('/')[2]}", Accept="*/*")
        self.assert_refused(answer, 502, code="transient", says="ask again")

    def test_metadata_says_what_there_is(self):
        self.tributary(self.partner("p001"))
        statement = self.read("metadata")
        self.assertEqual((statement["resourceType"], statement["fhirVersion"], statement["kind"]), ("CapabilityStatement", "4.0.1", "instance"))
        types = {each["type"]: each for each in statement["rest"][0]["resource"]}
        self.assertLessEqual({"Subscription", "DocumentReference", "Patient", "Binary"}, set(types))
        self.assertIn(fhir.TOPIC, str(types["Subscription"]))

    def test_patients_can_be_searched_and_lead_to_their_documents(self):
        self.one()
        found = fhir.resources(self.search("Patient?family=smith&given=bob"), "Patient")
        self.assertEqual(len(found), 1)
        bundle = self.search(f"DocumentReference?patient=Patient/{found[0]['id']}")
        self.assertEqual(len(fhir.resources(bundle)), 1)
        self.assertEqual(len(fhir.resources(self.search(f"DocumentReference?patient={found[0]['id']}&status=superseded"))), 0)

    def test_what_cannot_be_is_an_empty_answer_and_no_criteria(self):
        self.one()
        ours, = fhir.resources(self.search("Patient?family=smith"), "Patient")
        for query in (f"patient={ours['id']}&patient=another", "patient=http://elsewhere.example/Patient/1", f"patient={ours['id']}&patient._id=x"):
            bundle = self.search(f"DocumentReference?{query}")
            self.assertEqual((bundle["total"], fhir.resources(bundle)), (0, []))
            self.assertIn(query.partition("&")[0].partition("=")[2].rpartition("/")[2], bundle["link"][0]["url"])
            refused = web.call("POST", f"{self.server.fhir}/Subscription", fhir.classic(f"DocumentReference?{query}"))
            self.assert_refused(refused, 422, says="patient")
        self.assertEqual(self.search(f"Patient?_id={ours['id']}&_id=another")["total"], 0)
