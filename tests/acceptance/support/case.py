"""The base of every acceptance test: a folder of its own, and helpers that end what they start."""
import tempfile
import time
import unittest
import urllib.parse

from support import fhir, programs, web
from support.partner import FakePartner
from support.receiver import Receiver
from support.websocket import WebSocket

MEASURED = []


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tributary-acceptance-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server = None
        self.addCleanup(self.show_log_of_a_failure)

    def show_log_of_a_failure(self):
        told = self._outcome.result
        if self.server and any(test is self for test, _ in told.failures + told.errors):
            print("\n".join(["  the end of the server's log:", *self.server.stderr().splitlines()[-25:]]), flush=True)

    # What is started here ends with the test.

    def partner(self, identifier="p001", patients=(), documents=(), **options):
        made = FakePartner(identifier, patients, documents, **options)
        self.addCleanup(made.stop)
        return made

    def receiver(self, **options):
        made = Receiver(**options)
        self.addCleanup(made.stop)
        return made

    def socket(self, url, **options):
        made = WebSocket(url, **options)
        self.addCleanup(made.close)
        return made

    def tributary(self, *partners, **sections):
        """Starts `tributary serve` with these partners; sections override: discovery={"retrieve": "off"} …"""
        self.sections = self.configuration(*partners, **sections)
        return self.start_again()

    def start_again(self, environment=None):
        """Starts the server with the configuration and the database of the last time."""
        self.server = programs.Tributary(self.folder, self.sections, environment)
        self.addCleanup(self.server.kill)
        return self.server

    def configuration(self, *partners, **sections):
        made = {"server": {"listen": "127.0.0.1:0"}, "operations": {"listen": "127.0.0.1:0"}, "cache": {"path": "cache.db"},
                "delivery": {"allow_http": True, "allow_private_addresses": True},
                "partner_defaults": {"breaker_pause": "1s"}}
        for name, values in sections.items():
            made[name] = {**made.get(name, {}), **values}
        made["partner"] = [each if isinstance(each, dict) else each.configuration() for each in partners]
        return made

    # What an app does.

    def create(self, subscription):
        """Creates a Subscription, which has to succeed; the resource of the answer."""
        answer = web.call("POST", f"{self.server.fhir}/Subscription", subscription)
        self.assertEqual(answer.status, 201, answer)
        return answer.json()

    def read(self, path):
        answer = web.get(f"{self.server.fhir}/{path}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def search(self, query):
        return self.read(query)

    def subscription_status(self, identifier):
        return self.read(f"Subscription/{identifier}")["status"]

    def status_values(self, identifier):
        """What $status says of one Subscription, as {parameter name: value}."""
        bundle = self.read(f"Subscription/{identifier}/$status")
        parameters = bundle["entry"][0]["resource"]["parameter"]
        return {each["name"]: next((v for k, v in each.items() if k.startswith("value")), None) for each in parameters}

    def change(self, identifier, **elements):
        current = self.read(f"Subscription/{identifier}")
        answer = web.call("PUT", f"{self.server.fhir}/Subscription/{identifier}", {**current, **elements})
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def binding(self, identifier):
        """The WebSocket URL and a token for a websocket Subscription."""
        answer = self.read(f"Subscription/{identifier}/$get-ws-binding-token")
        values = {each["name"]: next(v for k, v in each.items() if k.startswith("value")) for each in answer["parameter"]}
        return values["websocket-url"], values["token"]

    def websocket_url(self):
        base = urllib.parse.urlsplit(self.server.fhir)
        return f"ws://{base.netloc}/fhir/ws"

    # What a test says.

    def eventually(self, condition, what, seconds=10):
        """Waits until `condition()` is true, and returns its value."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                self.fail(f"not within {seconds} s: {what}")
            time.sleep(0.005)

    def assert_numbers_without_gaps(self, notifications, count):
        self.assertEqual([each.number for each in notifications], list(range(1, count + 1)))

    def assert_refused(self, answer, *statuses, code=None, says=()):
        """An OperationOutcome of one of `statuses` whose text names every word of `says`."""
        self.assertIn(answer.status, statuses, answer)
        body = answer.json()
        self.assertEqual(body["resourceType"], "OperationOutcome", answer)
        if code:
            self.assertIn(code, [issue["code"] for issue in body["issue"]], answer)
        text = answer.body.decode()
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, text)

    def measured(self, what, value):
        MEASURED.append(f"{what}: {value}")


def documents_of(bundle):
    return fhir.resources(bundle)
