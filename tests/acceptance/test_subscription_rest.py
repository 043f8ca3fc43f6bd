"""The Subscription resource over REST: what writes answer and keep, who wins a race, searches, conditional creates, earlier versions."""
import concurrent.futures

from support import fhir, web
from support.case import Case

SECRET = "Bearer my-secret"


class SubscriptionCase(Case):
    def setUp(self):
        super().setUp()
        self.receiver_ = self.receiver()

    def start(self, **sections):
        self.tributary(self.partner("p001"), **sections)

    def url(self, *path):
        return "/".join([f"{self.server.fhir}/Subscription", *path])

    def active(self, **more):
        """A topic Subscription whose handshake is over, as it is read."""
        wanted = fhir.topic(endpoint=self.receiver_.endpoint, header=[f"Authorization: {SECRET}", "X-App: one"])
        created = self.create({**wanted, **more})
        return self.eventually(lambda: self.when_active(created["id"]), "the handshake")

    def when_active(self, identifier):
        found = self.read(f"Subscription/{identifier}")
        return found if found["status"] == "active" else None

    def put(self, resource, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.call("PUT", self.url(resource["id"]), resource, headers)

    def handshakes(self):
        return len(self.receiver_.notifications("handshake"))


class Secrets(SubscriptionCase):
    def test_a_write_of_masked_values_is_answered_with_masks(self):
        self.start()
        found = self.active()
        unchanged = self.put(found)
        renewed = self.put({**found, "end": "2099-01-01T00:00:00Z"})
        off = self.put({**self.read(f"Subscription/{found['id']}"), "status": "off"})
        again = self.put({**off.json(), "status": "requested"})
        for answer in (unchanged, renewed, off, again):
            self.assertEqual(answer.status, 200, answer)
            self.assertNotIn(SECRET, answer.body.decode())
            self.assertEqual(answer.json()["channel"]["header"], ["Authorization: ***", "X-App: ***"])
        self.eventually(lambda: self.handshakes() == 2, "the handshake after the re-activation")
        self.assertEqual(self.receiver_.received()[-1].headers["Authorization"], SECRET, "the stored value is still sent")

    def test_a_write_echoes_the_values_that_it_set_itself_and_no_other(self):
        self.start()
        found = self.active()
        found["channel"]["header"] = ["Authorization: ***", "X-App: two"]
        self.assertEqual(self.put(found).json()["channel"]["header"], ["Authorization: ***", "X-App: two"])

    def test_a_mask_that_stands_for_nothing_is_refused(self):
        self.start()
        answer = web.call("POST", self.url(), fhir.topic(endpoint=self.receiver_.endpoint, header=["Authorization: ***"]))
        self.assert_refused(answer, 422, says="Subscription.channel.header[0]")
        self.assertEqual(self.search("Subscription")["total"], 0)


class Updates(SubscriptionCase):
    def test_end_reason_and_contact_change_without_another_handshake(self):
        self.start()
        found = self.active()
        contact = [{"system": "email", "value": "desk@example.org"}]
        answer = self.put({**found, "end": "2099-01-01T00:00:00Z", "reason": "Longer", "contact": contact})
        self.assertEqual(answer.status, 200, answer)
        for changed in (answer.json(), self.read(f"Subscription/{found['id']}")):
            self.assertEqual((changed["end"], changed["reason"], changed["contact"], changed["status"]),
                             ("2099-01-01T00:00:00Z", "Longer", contact, "active"))
            self.assertEqual(int(changed["meta"]["versionId"]), int(found["meta"]["versionId"]) + 1)
        self.put({**answer.json(), "channel": {**found["channel"], "endpoint": self.receiver_.endpoint + "/two"}})
        self.eventually(lambda: self.handshakes() == 2, "the handshake of the new endpoint")
        self.assertEqual([each.path for each in self.receiver_.received()], ["/hook", "/hook/two"])

    def test_an_end_in_the_past_is_refused_and_one_that_comes_ends_it(self):
        self.start()
        found = self.active()
        self.assert_refused(self.put({**found, "end": "2001-01-01T00:00:00Z"}), 422, says="Subscription.end")
        self.assertNotIn("end", self.read(f"Subscription/{found['id']}"))

    def test_off_stores_what_else_changes(self):
        self.start()
        found = self.active()
        answer = self.put({**found, "status": "off", "reason": "Discharged"})
        self.assertEqual((answer.json()["status"], answer.json()["reason"]), ("off", "Discharged"))
        again = self.put({**answer.json(), "reason": "Discharged at noon"})
        self.assertEqual((again.json()["status"], again.json()["reason"]), ("off", "Discharged at noon"))

    def test_an_update_without_a_change_makes_no_version(self):
        self.start()
        found = self.active()
        self.assertEqual(self.put(found).json()["meta"], found["meta"])
        off = self.put({**found, "status": "off"}).json()
        self.assertEqual(self.put(off).json()["meta"], off["meta"])


class Preconditions(SubscriptionCase):
    def test_an_update_of_another_version_is_refused_and_changes_nothing(self):
        self.start()
        found = self.active()
        version = int(found["meta"]["versionId"])
        for etag in (f'W/"{version - 1}"', f'W/"{version + 1}"', '"nonsense"'):
            self.assert_refused(self.put({**found, "reason": "Late"}, If_Match=etag), 412)
        self.assertEqual(self.read(f"Subscription/{found['id']}"), found)
        answer = self.put({**found, "reason": "In time"}, If_Match=f'W/"{version}"')
        self.assertEqual((answer.status, answer.headers["ETag"]), (200, f'W/"{version + 1}"'), answer)
        self.assertEqual(self.put({**found, "reason": "Whatever it is"}, If_Match="*").status, 200)

    def test_of_many_updates_of_one_version_one_wins(self):
        self.start()
        found = self.active()
        etag = f'W/"{found["meta"]["versionId"]}"'
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda number: self.put({**found, "reason": f"Number {number}"}, If_Match=etag), range(12)))
        self.assertEqual(sorted(each.status for each in answers), [200] + [412] * 11)

    def test_updates_without_a_condition_all_succeed(self):
        self.start()
        found = self.active()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda number: self.put({**found, "reason": f"Number {number}"}), range(4)))
        self.assertEqual([each.status for each in answers], [200] * 4)
        self.assertEqual(len({each.headers["ETag"] for each in answers}), 4)

    def test_a_delete_of_another_version_is_refused(self):
        self.start()
        found = self.active()
        self.assert_refused(web.call("DELETE", self.url(found["id"]), headers={"If-Match": 'W/"99"'}), 412)
        etag = f'W/"{found["meta"]["versionId"]}"'
        self.assertEqual(web.call("DELETE", self.url(found["id"]), headers={"If-Match": etag}).status, 204)


class Offered(SubscriptionCase):
    def test_an_answer_in_xml_is_refused_before_anything_is_stored(self):
        self.start()
        found = self.active()
        xml = {"Accept": "application/fhir+xml"}
        wanted = fhir.topic(endpoint=self.receiver_.endpoint)
        for answer in (web.call("POST", self.url(), wanted, xml),
                       web.call("POST", self.url() + "?_format=xml", wanted),
                       web.call("PUT", self.url(found["id"]), {**found, "reason": "Other"}, xml),
                       web.call("DELETE", self.url(found["id"]), headers=xml),
                       web.call("GET", self.url(found["id"], "$status"), headers=xml),
                       web.call("GET", self.url("$status"), headers=xml)):
            self.assert_refused(answer, 406, says="application/fhir+json")
        self.assertEqual(self.search("Subscription")["total"], 1)
        self.assertEqual(self.read(f"Subscription/{found['id']}"), found)

    def test_what_is_not_offered_is_405_with_what_is(self):
        self.start()
        found = self.active()
        resend = web.call("POST", self.url(found["id"], "$resend"), {"resourceType": "Parameters"})
        self.assert_refused(resend, 405, says="$resend")
        patch = web.call("PATCH", self.url(found["id"]), "[]", {"Content-Type": "application/json-patch+json"})
        self.assert_refused(patch, 405, says="PUT")
        self.assertIn("PUT", patch.headers["Allow"])
        self.assertIn("Allow", resend.headers)

    def test_a_page_of_a_named_origin_may_send_its_credentials(self):
        self.start(server={"allowed_origins": ["https://app.example"]})
        asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "x-medplum,if-none-exist,if-match"}
        preflight = web.call("OPTIONS", self.url(), headers=asked)
        allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
        self.assertEqual(preflight.headers["Access-Control-Allow-Credentials"], "true")
        for name in asked["Access-Control-Request-Headers"].split(","):
            self.assertIn(name, allowed)
        answer = web.call("POST", self.url(), fhir.classic(), {"Origin": "https://app.example"})
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "https://app.example")
        for name in ("ETag", "Location", "Last-Modified"):
            self.assertIn(name, answer.headers["Access-Control-Expose-Headers"])
