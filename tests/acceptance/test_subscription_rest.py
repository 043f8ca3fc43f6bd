"""The Subscription resource over REST: what writes answer and keep, who wins a race, searches, conditional creates, earlier versions."""
import concurrent.futures
import datetime

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

    def test_a_masked_value_goes_to_no_other_server(self):
        self.start()
        found = self.active()
        other = self.receiver()
        elsewhere = {**found, "channel": {**found["channel"], "endpoint": other.endpoint}}
        self.assert_refused(self.put(elsewhere), 422, says=["Subscription.channel.header[0]", "write the value again"])
        self.assertEqual(self.read(f"Subscription/{found['id']}"), found)
        elsewhere["channel"]["header"] = ["Authorization: another", "X-App: one"]
        self.assertEqual(self.put(elsewhere).status, 200)
        self.eventually(lambda: self.when_active(found["id"]), "the handshake of the other server")
        self.assertEqual({each.headers["Authorization"] for each in other.received()}, {"another"})

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
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
        self.assertEqual(self.put({**found, "end": soon.isoformat(timespec="seconds")}).status, 200)
        self.eventually(lambda: self.subscription_status(found["id"]) == "off", "the end", seconds=15)

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
            self.assert_refused(answer, 406, says="json")
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
        for identifier in ("nosuch", found["id"]):
            web.call("DELETE", self.url(identifier))
            nothing = self.put({**found, "id": identifier})
            self.assert_refused(nothing, 405, says="POST")
            self.assertEqual(nothing.headers["Allow"], "GET, HEAD, DELETE, OPTIONS")

    def test_options_tells_what_a_path_takes(self):
        self.start(server={"allowed_origins": ["https://app.example"]})
        for path, offered in (("Subscription", "POST, GET, HEAD, OPTIONS"), ("Subscription/nosuch", "GET, HEAD, DELETE, PUT, OPTIONS"),
                              ("Subscription/nosuch/$resend", "OPTIONS"), ("metadata", "GET, HEAD, OPTIONS")):
            with self.subTest(path):
                answer = web.call("OPTIONS", f"{self.server.fhir}/{path}")
                self.assertEqual((answer.status, answer.headers["Allow"], answer.body), (204, offered, b""))
        self.assert_refused(web.call("OPTIONS", f"{self.server.fhir}/Nothing"), 404)
        self.assertEqual(web.call("OPTIONS", self.url(), headers={"Origin": "https://stranger.example"}).status, 403)

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


class Searches(SubscriptionCase):
    def setUp(self):
        super().setUp()
        self.start()
        identifier = {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Subscription.identifier",
                      "valueIdentifier": {"system": "urn:app", "value": "42"}}
        contact = [{"system": "email", "value": "desk@example.org"}]
        self.hook = self.active(extension=[identifier])["id"]
        self.socket = self.create({**fhir.classic(), "contact": contact})["id"]
        self.off = self.create({**fhir.classic(fhir.BOB + "&status=current"), "status": "off"})["id"]

    def ids(self, query, post=False):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = web.call("POST", self.url("_search"), query, form) if post else web.get(self.url() + "?" + query)
        self.assertEqual(answer.status, 200, answer)
        self.assertNotIn(SECRET, answer.body.decode())
        bundle = answer.json()
        found = [each["id"] for each in fhir.resources(bundle, "Subscription")]
        self.assertEqual(bundle["total"], len(found))
        return found

    def test_each_parameter_finds_what_it_names(self):
        for query, found in ((f"_id={self.hook},{self.off}", [self.hook, self.off]),
                             ("type=websocket", [self.socket, self.off]),
                             ("type=rest-hook,websocket", [self.hook, self.socket, self.off]),
                             (f"url={self.receiver_.endpoint}", [self.hook]),
                             ("payload=application/fhir+json", [self.hook]),
                             ("payload-type=full-resource", [self.hook]),
                             (f"topic={fhir.TOPIC}", [self.hook]),
                             (f"topic={fhir.TOPIC}|1.0.0", [self.hook]),
                             ("topic=http://example.org/other", []),
                             ("filter-criteria=documentreference?patient.given=bob", [self.hook]),
                             ("criteria=DocumentReference", [self.socket, self.off]),
                             (f"criteria:exact={fhir.BOB.replace('&', '%26')}", [self.socket]),
                             ("contact=desk@example.org", [self.socket]),
                             ("identifier=urn:app|42", [self.hook]),
                             ("identifier=urn:app|43", []),
                             ("custom-channel=anything", []),
                             ("_lastUpdated=gt2020", [self.hook, self.socket, self.off]),
                             ("_lastUpdated=lt2020", [])):
            with self.subTest(query):
                self.assertEqual(self.ids(query), found)
                self.assertEqual(self.ids(query, post=True), found)

    def test_repeats_narrow_and_commas_widen(self):
        self.assertEqual(self.ids("status=active&status=off"), [])
        self.assertEqual(self.ids("status=active,off"), [self.hook, self.socket, self.off])
        self.assertEqual(self.ids("type=websocket&status=off"), [self.off])

    def test_what_is_not_offered_is_named_and_with_strict_handling_refused(self):
        bundle = self.search("Subscription?colour=red&status=off")
        self.assertEqual([each["id"] for each in fhir.resources(bundle, "Subscription")], [self.off])
        self.assertIn("colour", str(fhir.outcome(bundle)))
        self.assertNotIn("colour", bundle["link"][0]["url"])
        self.assert_refused(web.get(self.url() + "?colour=red", Prefer="handling=strict"), 400, says="colour")
        bundle = self.search("Subscription?_sort=-_lastUpdated")
        self.assertIn("_sort", str(fhir.outcome(bundle)))
        self.assertNotIn("_sort", bundle["link"][0]["url"])
        self.assert_refused(web.get(self.url() + "?_sort=status", Prefer="handling=strict"), 400, says="_sort")
        for query in ("status=bogus", "status=urn:other|off"):
            self.assertEqual(self.ids(query), [])
        for query in ("_lastUpdated=yesterday", "url:below=http://x"):
            self.assert_refused(web.get(self.url() + "?" + query), 400, says=query.partition("=")[0].partition(":")[0])

    def test_metadata_lists_them_with_their_definitions(self):
        resource = next(each for each in self.read("metadata")["rest"][0]["resource"] if each["type"] == "Subscription")
        listed = {each["name"]: each["definition"] for each in resource["searchParam"]}
        backport = "http://hl7.org/fhir/uv/subscriptions-backport/SearchParameter/Subscription-"
        for name in ("topic", "filter-criteria", "custom-channel", "payload-type", "identifier"):
            self.assertEqual(listed[name], backport + name)
        for name in ("contact", "criteria", "payload", "status", "type", "url"):
            self.assertEqual(listed[name], f"http://hl7.org/fhir/SearchParameter/Subscription-{name}")
        self.assertEqual((resource["conditionalCreate"], resource["readHistory"]), (True, True))


class ConditionalCreates(SubscriptionCase):
    def post(self, condition, subscription=None, **headers):
        subscription = subscription or fhir.topic(endpoint=self.receiver_.endpoint, header=[f"Authorization: {SECRET}"])
        return web.call("POST", self.url(), subscription, {"If-None-Exist": condition, **headers})

    def total(self):
        return self.search("Subscription?_summary=count")["total"]

    def test_none_creates_one_is_answered_and_several_are_refused(self):
        self.start()
        condition = f"url={self.receiver_.endpoint}&topic={fhir.TOPIC}"
        first = self.post(condition)
        self.assertEqual(first.status, 201, first)
        self.assertIn(SECRET, first.body.decode())
        for spelling in (condition, "?" + condition, "Subscription?" + condition, self.url() + "?" + condition):
            second = self.post(spelling)
            self.assertEqual((second.status, second.json()["id"]), (200, first.json()["id"]), second)
        self.assertIn(first.json()["id"], second.headers["Content-Location"])
        self.assertTrue(second.headers["ETag"])
        self.assertNotIn(SECRET, second.body.decode())
        self.create(fhir.topic(endpoint=self.receiver_.endpoint))
        self.assert_refused(self.post(condition), 412, code="multiple-matches")
        self.assertEqual(self.total(), 2)

    def test_a_condition_that_is_not_understood_creates_nothing(self):
        self.start()
        for condition in ("colour=red", "status=bogus", "url=", "nonsense", "", "type=rest-hook&colour=red", "type=rest-hook&url="):
            self.assert_refused(self.post(condition), 400, 412)
        self.assertEqual(self.total(), 0)

    def test_of_many_at_the_same_time_one_creates(self):
        self.start()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.post(f"url={self.receiver_.endpoint}"), range(32)))
        self.assertEqual(sorted(each.status for each in answers), [200] * 31 + [201])
        self.assertEqual(len({each.json()["id"] for each in answers}), 1)
        self.assertEqual(self.total(), 1)


class Histories(SubscriptionCase):
    def history(self, identifier, query=""):
        return self.read(f"Subscription/{identifier}/_history{query}")

    def test_every_version_is_there_masked_and_newest_first(self):
        self.start()
        found = self.active()
        self.put({**found, "reason": "Longer"})
        self.put({**self.read(f"Subscription/{found['id']}"), "status": "off"})
        bundle = self.history(found["id"])
        self.assertEqual((bundle["type"], bundle["total"]), ("history", 4))
        told = [(each["request"]["method"], each["response"]["status"], each["resource"]["status"], each["resource"]["reason"])
                for each in bundle["entry"]]
        first, longer = found["reason"], "Longer"
        self.assertEqual(told, [("PUT", "200", "off", longer), ("PUT", "200", "active", longer),
                                ("PUT", "200", "active", first), ("POST", "201", "requested", first)])
        self.assertNotIn(SECRET, str(bundle))
        for each in bundle["entry"]:
            version = each["resource"]["meta"]["versionId"]
            self.assertEqual(each["fullUrl"], self.url(found["id"]))
            self.assertEqual(each["response"]["etag"], f'W/"{version}"')
            answer = web.get(self.url(found["id"], "_history", version))
            self.assertEqual((answer.status, answer.headers["ETag"], answer.json()), (200, f'W/"{version}"', each["resource"]))
        self.assert_refused(web.get(self.url(found["id"], "_history", "99")), 404)
        self.assert_refused(web.get(self.url(found["id"], "_history", "x")), 404)

    def test_it_comes_in_pages(self):
        self.start()
        found = self.active()
        for number in range(5):
            self.put({**self.read(f"Subscription/{found['id']}"), "reason": f"Number {number}"})
        versions, query = [], "?_count=3"
        while query:
            bundle = self.history(found["id"], query)
            versions += [int(each["resource"]["meta"]["versionId"]) for each in bundle["entry"]]
            query = next((each["url"].partition("_history")[2] for each in bundle["link"] if each["relation"] == "next"), None)
        self.assertEqual(versions, [7, 6, 5, 4, 3, 2, 1])
        self.assertEqual(self.history(found["id"], "?_since=2099-01-01T00:00:00Z")["total"], 0)

    def test_what_it_does_not_offer_is_no_part_of_its_link_and_with_strict_handling_refused(self):
        self.start()
        identifier = self.create(fhir.classic())["id"]
        bundle = self.history(identifier, "?_sort=_lastUpdated&colour=red&_since=2020")
        self.assertEqual(bundle["link"][0]["url"], self.url(identifier, "_history") + "?_since=2020&_count=50")
        for query in ("_sort=_lastUpdated", "colour=red"):
            refused = web.get(self.url(identifier, "_history") + "?" + query, Prefer="handling=strict")
            self.assert_refused(refused, 400, says=query.partition("=")[0])

    def test_no_more_versions_are_kept_than_allowed_also_over_a_restart(self):
        self.start(limits={"subscription_versions": 2})
        found = self.active()
        self.put({**found, "reason": "Longer"})
        self.assertEqual(self.server.stop(), 0)
        self.start_again()
        bundle = self.history(found["id"])
        self.assertEqual([each["resource"]["meta"]["versionId"] for each in bundle["entry"]], ["3", "2"])
        self.assert_refused(web.get(self.url(found["id"], "_history", "1")), 404)

    def test_of_a_deleted_one_only_that_it_was_deleted(self):
        self.start()
        found = self.active()
        self.assertEqual(web.call("DELETE", self.url(found["id"])).status, 204)
        entry, = self.history(found["id"])["entry"]
        self.assertEqual((entry["request"]["method"], entry["response"]["status"]), ("DELETE", "204"))
        self.assertNotIn("resource", entry)
        self.assert_refused(web.get(self.url(found["id"], "_history", "1")), 410)
        self.assert_refused(web.get(self.url("nobody", "_history")), 404)


class Status(SubscriptionCase):
    def test_one_that_is_not_understood_any_more_hides_no_other(self):
        self.start()
        ours, classic = self.active()["id"], self.create(fhir.classic())["id"]
        self.server.kill()
        self.sections["server"]["canonical_base"] = "http://elsewhere.example"
        self.start_again()
        bundle = self.read("Subscription/$status")
        self.assertEqual(bundle["total"], 2)
        told = {entry["resource"]["parameter"][0]["valueReference"]["reference"].rpartition("/")[2] for entry in bundle["entry"]}
        self.assertEqual(told, {ours, classic})

    def test_many_are_told_in_one_answer(self):
        self.start()
        made = {self.create(fhir.classic())["id"] for _ in range(40)}
        bundle = self.read("Subscription/$status?status=active")
        self.assertEqual((bundle["total"], len(bundle["entry"])), (40, 40))
        self.assertEqual(list(bundle)[:3], ["resourceType", "type", "timestamp"])
        told = {entry["resource"]["parameter"][0]["valueReference"]["reference"].rpartition("/")[2] for entry in bundle["entry"]}
        self.assertEqual(told, made)
