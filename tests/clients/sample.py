"""The simulator's sample communities behind a server, and what an app finds there."""
from support import fhir, programs
from support.case import Case

DOCUMENTS = 13  # of Bob Smith; test_examples.py compares them with the oracle


class Sample(Case):
    def sample(self, **sections):
        """Starts the communities and `tributary serve` in front of them."""
        simulator = programs.Simulator(self.folder, "--latency", "10")
        self.addCleanup(simulator.kill)
        self.sections = {**self.configuration(**sections), "partners_file": str(simulator.partners_file)}
        del self.sections["partner"]
        return self.start_again()

    def found(self):
        """The ids of what a search finds once it is complete."""
        self.eventually(lambda: fhir.progress(self.search(fhir.SAMPLE)).get("state", "complete") == "complete", "the end", 30)
        return sorted(each["id"] for each in fhir.resources(self.search(f"{fhir.SAMPLE}&_count=100")))

    def assert_printed_each_document(self, output, column):
        """Each line names a document in that column: every one, and each once."""
        printed = [line.split()[column] for line in output.splitlines() if line]
        self.assertEqual(len(printed), DOCUMENTS, output)
        self.assertEqual(sorted(printed), self.found())

    def assert_unsubscribed(self):
        bundle = self.read("Subscription")
        self.assertEqual([each["status"] for each in fhir.resources(bundle, "Subscription") if each["status"] != "off"], [])
