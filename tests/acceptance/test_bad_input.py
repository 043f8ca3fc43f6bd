"""Bad input: each is a clear OperationOutcome or message that names the place, and nothing has changed afterwards."""
import json
import socket
import time
import urllib.parse

from support import fhir, web
from support.case import Case
from support.partner import document, patient


class Refused(Case):
    def setUp(self):
        super().setUp()
        self.holder = self.partner("p001")
        self.tributary(self.holder)

    def post(self, body, content_type=fhir.FHIR_JSON):
        return web.call("POST", f"{self.server.fhir}/Subscription", body, {"Content-Type": content_type})

    def assert_nothing_changed(self):
        self.assertEqual(fhir.resources(self.search("Subscription"), "Subscription"), [])
        self.assertEqual(self.holder.asked("Patient"), [])

    def assert_subscription_refused(self, subscription, says, status=422, **expected):
        self.assert_refused(self.post(subscription), status, says=says, **expected)
        self.assert_nothing_changed()

    def test_unknown_search_parameter_in_criteria(self):
        self.assert_subscription_refused(fhir.classic(fhir.BOB + "&colour=red"), ["colour", "Subscription.criteria"])

    def test_unknown_search_parameter_in_a_filter_of_a_topic(self):
        self.assert_subscription_refused(fhir.topic(fhir.BOB + "&colour=red", "http://127.0.0.1:9/hook"), "colour")

    def test_chain_to_an_unknown_element(self):
        self.assert_subscription_refused(fhir.classic("DocumentReference?patient.shoesize=44&patient.family=smith"), ["shoesize", "Subscription.criteria"])

    def test_chain_from_something_that_is_no_reference(self):
        self.assert_subscription_refused(fhir.classic(fhir.BOB + "&status.given=x"), "status.given")

    def test_malformed_json_names_its_line(self):
        text = json.dumps(fhir.classic(), indent=1).replace('"reason":', '"reason"')
        line = text[:text.index('"reason"')].count("\n") + 1
        self.assert_refused(self.post(text), 400, says=str(line))
        self.assert_nothing_changed()

    def test_json_that_is_no_subscription(self):
        self.assert_refused(self.post({"resourceType": "Patient"}), 400, 422, says="resourceType")
        self.assert_refused(self.post("[]"), 400)
        self.assert_refused(self.post(""), 400)
        self.assert_nothing_changed()

    def test_a_duplicate_member_is_refused(self):
        text = json.dumps(fhir.classic())
        self.assert_refused(self.post(text.replace('"reason"', '"status": "off", "reason"')), 400, says="status")
        self.assert_nothing_changed()

    def test_another_media_type(self):
        self.assert_refused(self.post("<Subscription/>", "application/fhir+xml"), 415)

    def test_an_answer_in_xml_alone_cannot_be_had(self):
        self.assert_refused(web.get(f"{self.server.fhir}/metadata", Accept="application/fhir+xml"), 406)

    def test_unknown_channel(self):
        for kind in ("email", "sms", "message", "pigeon"):
            wrong = fhir.classic(endpoint="http://127.0.0.1:9/hook")
            wrong["channel"]["type"] = kind
            self.assert_subscription_refused(wrong, "Subscription.channel.type")

    def test_endpoint_that_is_no_url(self):
        for endpoint in ("nonsense", "ftp://127.0.0.1/x", "http://", "/hook", "http://user:pw@127.0.0.1/hook"):
            self.assert_subscription_refused(fhir.classic(endpoint=endpoint), "Subscription.channel.endpoint")

    def test_empty_patient_part(self):
        for criteria in ("DocumentReference?", "DocumentReference", "DocumentReference?status=current",
                         "DocumentReference?patient.given=&patient.family="):
            self.assert_subscription_refused(fhir.classic(criteria), "Subscription.criteria")

    def test_criteria_on_another_resource(self):
        self.assert_subscription_refused(fhir.classic("Observation?patient.family=smith"), ["Observation", "Subscription.criteria"])

    def test_unknown_topic_and_unknown_content_level(self):
        wrong = fhir.topic(endpoint="http://127.0.0.1:9/hook")
        self.assert_subscription_refused({**wrong, "criteria": "http://example.org/topic"}, "Subscription.criteria")
        self.assert_subscription_refused(fhir.topic(endpoint="http://127.0.0.1:9/hook", content="everything"), "Subscription.channel.payload")

    def test_missing_elements_are_all_named_at_once(self):
        self.assert_refused(self.post({"resourceType": "Subscription"}), 400, 422,
                            says=["Subscription.status", "Subscription.reason", "Subscription.criteria", "Subscription.channel"])
        self.assert_nothing_changed()

    def test_header_injection_and_framing_headers(self):
        for header in ("X-A: b\r\nX-C: d", "no colon", "Content-Length: 3", "Host: other"):
            self.assert_subscription_refused(fhir.classic(endpoint="http://127.0.0.1:9/hook", header=[header]), "Subscription.channel.header")

    def test_an_end_in_the_past_and_a_wrong_status(self):
        self.assert_subscription_refused({**fhir.classic(), "end": "2001-01-01T00:00:00Z"}, "Subscription.end")
        self.assert_subscription_refused({**fhir.classic(), "status": "error"}, "Subscription.status")
        self.assert_refused(self.post({**fhir.classic(), "status": "bogus"}), 400, 422, says="Subscription.status")
        self.assert_nothing_changed()

    def test_searches_that_cannot_be_answered(self):
        for query in ("DocumentReference?colour=red", "DocumentReference?patient.shoesize=1", "DocumentReference?date=yesterday",
                      "DocumentReference?patient.given:contains:x=1", "DocumentReference?_count=minus"):
            self.assert_refused(web.get(f"{self.server.fhir}/{query}", Prefer="handling=strict"), 400, 422,
                                says=query.partition("?")[2].partition("=")[0].partition(":")[0])

    def test_unknown_types_ids_and_methods(self):
        for method, path, status in (("GET", "Observation", 404), ("GET", f"DocumentReference/{'a' * 32}", 404),
                                     ("GET", "Subscription/nothing", 404), ("POST", "DocumentReference", 405),
                                     ("PUT", f"Subscription/{'a' * 32}", 405), ("PATCH", "Subscription/x", 405), ("GET", "", 404)):
            body = {**fhir.classic(), "id": "a" * 32} if method != "GET" else None
            answer = web.call(method, f"{self.server.fhir}/{path}", body)
            self.assert_refused(answer, status, 404, 405)

    def test_a_failed_update_leaves_the_old_subscription(self):
        created = self.create(fhir.classic())
        wrong = {**self.read(f"Subscription/{created['id']}"), "criteria": "DocumentReference?colour=red"}
        self.assert_refused(web.call("PUT", f"{self.server.fhir}/Subscription/{created['id']}", wrong), 422)
        self.assertEqual(self.read(f"Subscription/{created['id']}")["criteria"], fhir.BOB)
        other = {**wrong, "id": "b" * 32}
        self.assert_refused(web.call("PUT", f"{self.server.fhir}/Subscription/{created['id']}", other), 400)


class Policy(Case):
    def test_plain_http_and_private_addresses_are_refused_unless_allowed(self):
        self.tributary(self.partner("p001"), delivery={"allow_http": False, "allow_private_addresses": False})
        for endpoint in ("http://app.example.com/hook", "https://127.0.0.1/hook", "https://10.0.0.1/hook",
                         "https://169.254.169.254/latest", "https://[::1]/hook", "https://2130706433/hook"):
            answer = web.call("POST", f"{self.server.fhir}/Subscription", fhir.classic(endpoint=endpoint))
            self.assert_refused(answer, 422, says="Subscription.channel.endpoint")
        self.assertEqual(fhir.resources(self.search("Subscription"), "Subscription"), [])

    def test_only_allowed_hosts(self):
        self.tributary(self.partner("p001"), delivery={"allowed_hosts": ["hooks.example.org"]})
        answer = web.call("POST", f"{self.server.fhir}/Subscription", fhir.classic(endpoint="http://127.0.0.1:9/hook"))
        self.assert_refused(answer, 422, says="Subscription.channel.endpoint")


class TooMuch(Case):
    def open(self):
        base = urllib.parse.urlsplit(self.server.fhir)
        connection = socket.create_connection((base.hostname, base.port), 20)
        self.addCleanup(connection.close)
        return connection

    def test_a_body_of_200_mb_is_refused_and_not_kept(self):
        self.tributary(self.partner("p001"))
        connection, total = self.open(), 200 * 1024 * 1024
        head = f"POST /fhir/Subscription HTTP/1.1\r\nHost: x\r\nContent-Type: {fhir.FHIR_JSON}\r\nContent-Length: {total}\r\n\r\n"
        connection.sendall(head.encode())
        sent, chunk = 0, b" " * 65536
        try:
            while sent < total:
                sent += connection.send(chunk)
        except OSError:
            pass
        connection.settimeout(5)
        try:
            self.assertIn(b" 413 ", connection.recv(65536))
        except ConnectionError:
            pass  # the answer may be lost when the connection is reset under a flood
        self.assertLess(self.server.resident_bytes(), 100 * 1024 * 1024)
        self.assertEqual(self.read("metadata")["resourceType"], "CapabilityStatement")

    def test_a_body_just_too_long_gets_its_answer(self):
        self.tributary(self.partner("p001"), limits={"request_body": "64KiB"})
        answer = web.call("POST", f"{self.server.fhir}/Subscription", b" " * 100_000, {"Content-Type": fhir.FHIR_JSON})
        self.assert_refused(answer, 413, code="too-long")

    def test_a_slow_header_is_given_up(self):
        self.tributary(self.partner("p001"), limits={"request_time": "1s"})
        connection, began = self.open(), time.monotonic()
        connection.sendall(b"GET /fhir/metadata HTTP/1.1\r\n")
        connection.settimeout(10)
        while time.monotonic() - began < 8:
            try:
                connection.sendall(b"X")
                time.sleep(0.2)
            except OSError:
                break
            connection.setblocking(False)
            try:
                if connection.recv(65536) == b"":
                    break
            except BlockingIOError:
                pass
            connection.setblocking(True)
        self.assertLess(time.monotonic() - began, 4)

    def test_a_head_that_is_too_long_and_one_that_is_no_http(self):
        self.tributary(self.partner("p001"))
        for request in (b"GET /fhir/metadata HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", b"\x16\x03\x01nonsense\r\n\r\n"):
            connection = self.open()
            try:
                connection.sendall(request)
                answer = connection.recv(65536)
            except ConnectionError:
                continue
            self.assertTrue(answer == b"" or answer.split()[1] in (b"400", b"431"), answer[:100])
        self.assertEqual(self.read("metadata")["resourceType"], "CapabilityStatement")

    def test_criteria_longer_than_the_limit(self):
        self.tributary(self.partner("p001"), limits={"criteria": "1KiB"})
        answer = web.call("POST", f"{self.server.fhir}/Subscription", fhir.classic(fhir.BOB + "&identifier=" + "x" * 2000))
        self.assert_refused(answer, 400, code="too-long", says="Subscription.criteria")

    def test_a_search_that_would_look_at_too_much(self):
        holder = self.partner("p001", [patient("1")])
        for number in range(3):
            holder.holds(document(f"d{number}", "1", f"Note {number}."), f"Note {number}.")
        self.tributary(holder, limits={"search_candidates": 2})
        receiver = self.receiver()
        self.create(fhir.topic(endpoint=receiver.endpoint))
        focus = receiver.wait_for_events(3)[0].focus()["id"]
        self.assert_refused(web.get(f"{self.server.fhir}/DocumentReference?date=lt2100"), 400, code="too-costly")
        self.assertEqual(self.read(f"DocumentReference?_id={focus}")["total"], 1)
        self.assertEqual(self.read("Patient?family=smith")["total"], 1)

    def test_one_subscription_too_many(self):
        self.tributary(self.partner("p001"), limits={"subscriptions": 1})
        self.create(fhir.classic())
        answer = web.call("POST", f"{self.server.fhir}/Subscription", fhir.classic())
        self.assertGreaterEqual(answer.status, 400, answer)
        self.assertEqual(answer.json()["resourceType"], "OperationOutcome")
