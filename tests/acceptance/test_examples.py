"""What lies in examples/ works."""
import os
import re
import subprocess
import sys

from support import fhir, programs
from support.case import Case
from support.partner import document, patient

EXAMPLES = programs.REPOSITORY / "examples"


class Examples(Case):
    def test_the_sample_configuration_is_right(self):
        answer = programs.run_tributary("check", "--config", EXAMPLES / "tributary.toml")
        self.assertIn(answer.returncode, (0, 1), answer)

    def test_the_example_receiver_prints_each_document_once(self):
        receiver = programs.Program([sys.executable, EXAMPLES / "receiver.py", "0"], self.folder, "receiver")
        self.addCleanup(receiver.kill)
        endpoint = receiver.wait_for_line(r"receiver ready endpoint=(\S+)").group(1)
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a")).holds(document("d2", "a", "two"), "two")
        self.tributary(holder)
        created = self.create(fhir.topic(endpoint=endpoint))
        self.eventually(lambda: receiver.stdout().count("Summary of episode note") == 2, "two lines")
        lines = receiver.stdout().splitlines()[1:]
        self.assertEqual([line.split()[:3] for line in lines[1:]],
                         [[created["id"], "Event", "1"], [created["id"], "Event", "2"]])

    def test_watch_shows_every_document_of_the_sample_and_ends(self):
        simulator = programs.Simulator(self.folder, "--latency", "10")
        self.addCleanup(simulator.kill)
        self.sections = {**self.configuration(), "partners_file": str(simulator.partners_file)}
        del self.sections["partner"]
        self.start_again()
        answer = programs.run_tributary("watch", fhir.SAMPLE, "--server", self.server.fhir, seconds=60)
        self.assertEqual(answer.returncode, 0, answer)
        documents = fhir.resources(self.search(fhir.SAMPLE + "&_count=100"))
        self.assertEqual(len(documents), 13)
        self.assertEqual(fhir.resources(self.search("Subscription?status=active"), "Subscription"), [], "it has unsubscribed")

    def demo(self, *arguments):
        """What the demo prints, without packages and build. It compares the documents with the oracle itself, and fails when they differ."""
        environment = {**os.environ, "TRIBUTARY_PROGRAMS": str(programs.PROGRAMS)}
        ran = subprocess.run([EXAMPLES / "demo.sh", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=120, env=environment)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("exactly these.", ran.stdout)
        self.assertNotIn("\x1b", ran.stdout, "plain lines where there is no terminal")
        first, last, end = re.search(r"^  Tributary +([0-9.]+) s +([0-9.]+) s +([0-9.]+) s$", ran.stdout, re.MULTILINE).groups()
        waited = re.search(r"^  a client that waits at each step +([0-9.]+) s", ran.stdout, re.MULTILINE).group(1)
        self.measured(f"demo {' '.join(arguments)}".strip(),
                      f"first document after {first} s, last {last} s, everybody {end} s; a client that waits: {waited} s")
        return ran.stdout

    def test_the_demo_over_two_hundred_communities_with_documents_of_its_own(self):
        shown = self.demo("--data", "none")
        self.assertIn("13 documents, first after", shown)

    def test_the_demo_over_two_hundred_communities_with_test_data(self):
        if not programs.shared_folder("data"):
            self.skipTest("there is no ../shared/data")
        shown = self.demo("--data", str(programs.shared_folder("data")))
        self.assertRegex(shown, r"14 documents, first after .* 200 asked, \d+ answered, 10 matched")
