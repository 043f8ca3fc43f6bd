#!/usr/bin/env python3
"""partner_simulator_program.py PROGRAM: the simulator as a program, asked by a client that knows nothing of its code."""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import tomllib
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples"))
import wait_for_all as client  # noqa: E402

PROGRAM = sys.argv.pop()
BOB = {"given": "bob", "family": "smith"}
CRITERIA = "DocumentReference?patient.given=bob&patient.family=smith"


def identity(partner, document):
    master = document.get("masterIdentifier")
    return master["value"] if master else f"{partner['id']}/{document['id']}"


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="partner-simulator-")
        self.addCleanup(folder.cleanup)
        self.partners_file = pathlib.Path(folder.name, "partners.toml")
        settings = pathlib.Path(folder.name, "simulator.toml")
        settings.write_text('profile = "sample"\nlatency = "off"\nwrite_config = "partners.toml"\nlisten = "127.0.0.1:9"\n')
        self.process = subprocess.Popen([PROGRAM, "--config", settings, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        ready = re.fullmatch(r"partner-simulator ready base=(http://127\.0\.0\.1:\d+) partners=8\n", self.process.stdout.readline())
        self.assertTrue(ready)
        self.base = ready.group(1)

    def oracle(self, **parameters):
        with urllib.request.urlopen(f"{self.base}/oracle?{urllib.parse.urlencode(parameters)}", timeout=10) as answer:
            return json.load(answer)

    def test_a_careful_client_finds_what_the_oracle_expects(self):
        found, failed, partners = {}, [], client.Partners((10, 10))
        for partner in tomllib.loads(self.partners_file.read_text())["partner"]:
            self.assertTrue(partner["fhir"].startswith(f"{self.base}/{partner['id']}/"))
            try:
                patients = client.find_patients(partners, partner, BOB)
            except ValueError as refused:
                self.assertEqual(str(refused), "status 503")
                failed.append(partner["id"])
                continue
            for patient in patients:
                for document in client.find_documents(partners, partner, patient) if client.is_the_one(patient, BOB) else []:
                    found.setdefault(identity(partner, document), set()).add((partner["id"], document["id"]))
        expected = self.oracle(criteria=CRITERIA, acceptance="strict")
        self.assertEqual(found, {each["id"]: {(holder["partner"], holder["id"]) for holder in each["holders"]}
                                 for each in expected["documents"]})
        self.assertEqual(failed, expected["failed"])
        self.assertTrue(all(least <= most for least, most in (each["events"] for each in expected["documents"])))

    def test_it_ends_with_0_when_it_is_told_to(self):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0)


class Refusing(unittest.TestCase):
    def test_what_it_cannot_do_is_told_and_ends_with_2(self):
        for options in ([], ["--profile", "nonsense"], ["--profile", "sample", "--scale", "20"], ["--profile", "sample", "--dance"]):
            with self.subTest(options):
                ended = subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=10)
                self.assertEqual((ended.returncode, ended.stdout), (2, ""))
                self.assertTrue(ended.stderr)

    def test_a_port_in_use_is_told(self):
        with subprocess.Popen([PROGRAM, "--profile", "sample", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as first:
            port = re.search(r":(\d+) ", first.stdout.readline()).group(1)
            second = subprocess.run([PROGRAM, "--profile", "sample", "--listen", f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=10)
            first.terminate()
        self.assertEqual(second.returncode, 1)
        self.assertIn(port, second.stderr)


if __name__ == "__main__":
    unittest.main()
