"""channel.header holds secrets: nobody reads them from the disk, and they reach the endpoint all the same."""
import os
import pathlib
import sqlite3
import stat

from support import fhir, programs
from support.case import Case
from support.partner import document, patient

SECRET = "Bearer app-secret-9d1f"


class AtRest(Case):
    def setUp(self):
        super().setUp()
        self.app = self.receiver()
        made = self.partner("p001", [patient("pat1")]).holds(document("d1", "pat1"))
        self.tributary(made)
        self.created = self.create(fhir.topic(endpoint=self.app.endpoint, header=[f"Authorization: {SECRET}"]))
        self.app.wait_for_events(1)

    def key(self):
        return pathlib.Path(self.folder) / "cache-secrets.key"

    def bytes_on_disk(self):
        return {path.name: path.read_bytes() for path in pathlib.Path(self.folder).iterdir() if path.name.startswith("cache")}

    def assert_no_secret_on_disk(self):
        files = self.bytes_on_disk()
        self.assertIn("cache.db-wal", files)
        for name, held in files.items():
            self.assertNotIn(b"app-secret-9d1f", held, name)
            self.assertNotIn(b"YXBwLXNlY3JldC", held, name)

    def refuses_to_start(self):
        with self.assertRaises(programs.NotReady) as told:
            self.start_again()
        return str(told.exception)

    def test_no_byte_of_the_database_shows_a_header_value(self):
        self.assert_no_secret_on_disk()
        changed = {**self.created["channel"], "header": [f"Authorization: {SECRET}-2"]}
        self.change(self.created["id"], channel=changed, status="requested")
        self.eventually(lambda: self.app.received()[-1].headers["Authorization"] == f"{SECRET}-2", "a handshake with it")
        self.assert_no_secret_on_disk()
        self.server.kill()
        self.assert_no_secret_on_disk()

    def test_after_a_restart_the_endpoint_gets_the_same_header(self):
        self.assertEqual(stat.S_IMODE(self.key().stat().st_mode), 0o600)
        before = len(self.app.received())
        self.server.kill()
        self.start_again()
        self.assertEqual(self.read(f"Subscription/{self.created['id']}")["channel"]["header"], ["Authorization: ***"])
        self.change(self.created["id"], status="off")
        self.change(self.created["id"], status="requested")
        self.eventually(lambda: len(self.app.received()) > before, "a handshake")
        self.assertEqual({each.headers["Authorization"] for each in self.app.received()}, {SECRET})

    def test_a_wrong_or_open_key_file_is_told_at_the_start_and_changes_nothing(self):
        self.server.kill()
        right = self.key().read_text()
        os.chmod(self.key(), 0o644)
        self.assertIn("chmod 600", self.refuses_to_start())
        os.chmod(self.key(), 0o600)
        self.key().write_text("A" * 43 + "=\n")
        self.assertIn("not the key", self.refuses_to_start())
        self.key().unlink()
        self.assertIn("put it back", self.refuses_to_start())
        self.assertFalse(self.key().exists())
        self.key().write_text(right)
        os.chmod(self.key(), 0o600)
        self.start_again()
        self.assertEqual(self.subscription_status(self.created["id"]), "active")

    def test_what_an_earlier_version_stored_in_clear_is_sealed(self):
        self.server.kill()
        database = sqlite3.connect(pathlib.Path(self.folder) / "cache.db")
        (text,) = database.execute("SELECT resource FROM subscription").fetchone()
        start = text.index("enc1:")
        database.execute("UPDATE subscription SET resource = ?", (text[:start] + SECRET + text[text.index('"', start):],))
        database.execute("DELETE FROM key_check")
        database.commit()
        database.close()
        self.start_again()
        self.assert_no_secret_on_disk()
        self.change(self.created["id"], status="off")
        before = len(self.app.received())
        self.change(self.created["id"], status="requested")
        self.eventually(lambda: len(self.app.received()) > before, "a handshake")
        self.assertEqual(self.app.received()[-1].headers["Authorization"], SECRET)
