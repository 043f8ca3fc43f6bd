"""What lies in examples/ works."""
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
