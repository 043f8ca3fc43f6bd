"""What a Subscription goes through when the server ends at a bad moment, or finds one that it cannot read."""
import contextlib
import pathlib
import resource
import sqlite3

from support import fhir, programs, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply


class Restart(Case):
    def holder(self):
        return self.partner("p001", [patient("a")]).holds(document("d1", "a")).holds(document("d2", "a", "two"), "two")

    def test_a_subscription_that_was_requested_is_shaken_hands_with_after_a_restart(self):
        receiver = self.receiver()
        receiver.default = Reply(503)
        self.tributary(self.holder())
        identifier = self.create(fhir.topic(endpoint=receiver.endpoint))["id"]
        receiver.wait_for(1)
        self.server.kill()
        self.assertEqual(len(receiver.notifications("event-notification")), 0)
        receiver.default = Reply(200)
        before = len(receiver.notifications("handshake"))
        self.start_again()
        self.assert_numbers_without_gaps(receiver.wait_for_events(2), 2)
        self.assertEqual([each.status for each in receiver.notifications("handshake")[before:]], ["requested"])
        self.eventually(lambda: self.subscription_status(identifier) == "active", "an active Subscription")

    def test_a_stored_subscription_that_cannot_be_read_holds_back_no_other(self):
        receiver, other = self.receiver(), self.receiver()
        receiver.default = other.default = Reply(503)
        self.tributary(self.holder())
        broken = self.create(fhir.topic(endpoint=receiver.endpoint))["id"]
        whole = self.create(fhir.topic(endpoint=other.endpoint))["id"]
        other.wait_for(1)
        self.server.kill()
        with sqlite3.connect(pathlib.Path(self.folder, "cache.db")) as database:
            changed = database.execute("UPDATE subscription SET resource = replace(resource, 'patient-documents', 'no-such-topic') WHERE id = ?", (broken,))
            self.assertEqual(changed.rowcount, 1)
        database.close()
        receiver.default = other.default = Reply(200)
        self.start_again()
        self.assert_numbers_without_gaps(other.wait_for_events(2), 2)
        self.eventually(lambda: self.subscription_status(whole) == "active", "the other to be active")
        self.assertEqual(receiver.notifications(), [], "nothing is sent for what is not understood")
        self.assertEqual(self.read(f"Subscription/{broken}")["id"], broken)


class Disk(Case):
    @contextlib.contextmanager
    def no_file_grows(self):
        """What a full disk is to a write, for this server alone."""
        before = resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE, (1024, before[1]))
        try:
            yield
        finally:
            resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE, before)

    def test_what_cannot_be_stored_is_refused_until_it_can_and_the_server_lives(self):
        self.tributary(self.partner("p001"))
        with self.no_file_grows():
            answer = web.call("POST", f"{self.server.fhir}/Subscription", fhir.classic())
            self.assertEqual(answer.status, 503, answer)
            self.assertIn("Retry-After", answer.headers)
            self.assertEqual(answer.json()["issue"][0]["code"], "no-store")
            self.assertIsNone(self.server.process.poll())
            metrics = web.get(f"{self.server.operations}/metrics").body.decode()
            self.assertRegex(metrics, r'tributary_storage_failures_total\{thread="writer"\} [1-9]')
        self.create(fhir.classic())

    def test_a_second_server_does_not_start_on_the_same_database(self):
        self.tributary(self.partner("p001"))
        second = programs.run_tributary("serve", "--config", self.server.config)
        self.assertEqual(second.returncode, 1, second)
        self.assertIn("another process uses this database", second.stderr)
        self.assertEqual(second.stdout, "")
        self.server.kill()
        self.start_again()
