"""tributary among simulated communities that behave as real ones do. What is right is told by their oracle, and what they saw by their counts."""
import tomllib
import unittest
import urllib.parse

from support import fhir, programs, web
from support.case import Case

ALICE = "DocumentReference?patient.given=alice&patient.family=newman"
DATA = programs.SHARED / "data"


class Communities(Case):
    def among(self, profile, *options, **sections):
        """Starts both programs."""
        self.simulator = programs.Simulator(self.folder, *options, profile=profile)
        self.addCleanup(self.simulator.kill)
        self.sections = self.configuration(**sections)
        del self.sections["partner"]
        self.sections = {"partners_file": str(self.simulator.partners_file), **self.sections}
        self.start_again()

    def expected(self, criteria):
        query = urllib.parse.urlencode({"criteria": criteria, "acceptance": "strict"})
        return web.get(f"{self.simulator.base}/oracle?{query}").json()

    def statistics(self):
        return web.get(f"{self.simulator.base}/statistics").json()

    def found(self, criteria):
        """What a search finds: (uniqueId, status) of each document."""
        return sorted((each.get("masterIdentifier", {}).get("value", ""), each["status"])
                      for each in fhir.resources(self.search(f"{criteria}&_count=1000")))

    def wait_until_found(self, criteria):
        def agrees():
            count = len(self.expected(criteria)["documents"])
            return count if len(self.found(criteria)) == count else 0

        return self.eventually(agrees, "the search finds what the oracle expects", seconds=30)

    @unittest.skipUnless(DATA.exists(), f"no test data in {DATA}")
    def test_every_family_gives_up_its_documents_to_whoever_brings_the_token(self):
        self.among("tiny", "--auth", "on", partner_defaults={"max_concurrent": 3})
        wanted = [each["id"] for each in tomllib.loads(self.simulator.partners_file.read_text())["partner"] if "headers" in each]
        self.assertGreater(len(wanted), 3, "communities that want a token")
        receiver = self.receiver()
        self.create(fhir.topic(ALICE, receiver.endpoint))
        count = self.wait_until_found(ALICE)
        self.assertGreater(count, 10)
        self.assertEqual(self.expected(ALICE)["failed"], [])
        receiver.wait_for_events(sum(each["events"][0] for each in self.expected(ALICE)["documents"]))
        counted = self.statistics()
        self.assertEqual([each["id"] for each in counted["partners"] if each["max_at_once"] > 3], [])
        self.assertGreaterEqual(min(each["steps"]["patient_discovery"] for each in counted["partners"]), 1)

    def test_a_refresh_finds_what_has_appeared_and_what_was_replaced_or_retracted(self):
        self.among("sample", "--latency", "10", "--changes", "2", discovery={"refresh": "1s"})
        receiver = self.receiver()
        self.create(fhir.topic(fhir.BOB, receiver.endpoint))
        self.eventually(lambda: self.statistics()["changes"] == 20, "the change feed to end", seconds=20)
        self.wait_until_found(fhir.BOB)
        statuses = [status for _, status in self.found(fhir.BOB)]
        self.assertNotIn("entered-in-error", statuses)
