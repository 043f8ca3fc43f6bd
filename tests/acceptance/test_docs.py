"""What the documents say is true: their commands, transcripts and requests are run, and their tables compared with the program."""
import re
import shutil

from support import fhir, programs, web
from support.case import Case
from support.partner import document, patient
from support.stand_in import StoringPartner, lakeside, ports, riverside
from support.story import Story, blocks_of
from support.web import Reply

# Beginnings of command lines that are left out here, and why. Everything else in the documents is run.
BUILT = "what builds these programs has run, or there would be nothing to test"
NOT_RUN = {
    "tools/install-packages.sh": "tests/run.sh begins with it",
    "cmake --": BUILT,
    "ninja -C build/dev": BUILT,
    "./examples/demo.sh": "test_examples.py runs it",
    "./tests/run.sh": "it runs this test",
    "tests/run.sh": "it runs this test",
    "tests/hapi/build.sh": "tests/run.sh builds HAPI, and tests/hapi/test_guide.py follows the guide with it",
    "java -Xmx1000m": "as above: here a partner stands in for HAPI",
    "ctest --preset": "tests/run.sh runs the whole of it",
    "python3 tests/acceptance/": "this is it",
    "./tests/bench.sh": "takes minutes of an otherwise idle machine",
    "gdb --args": "for a person at a terminal",
    "perf record": "not every kernel allows it",
    "valgrind ": "takes minutes",
}
if not shutil.which("sqlite3"):
    NOT_RUN["sqlite3 "] = "there is no sqlite3 here"

DOCUMENTS = [programs.REPOSITORY / "README.md", programs.REPOSITORY / "CONTRIBUTING.md",
             *sorted((programs.REPOSITORY / "docs").glob("*.md"))]


class Told(Case):
    """Each document is one test, added below."""

    def substitutions(self):
        """(what the documents say, what is used instead): servers that do not exist, ports that may be in use, and a build that may not be there."""
        hapi, river, lake = StoringPartner("hapi"), riverside(), lakeside()
        for partner in (hapi, river, lake):
            self.addCleanup(partner.stop)
        return [
            ("http://127.0.0.1:8081/fhir", hapi.fhir),
            ("https://fhir.riverside.example/r4", river.fhir),
            ("https://lakeside.example/fhir", lake.fhir),
            ("https://fhir.example.org/r4", river.fhir),
            ("build/dev/bin/", "build/release/bin/"),
            *ports(),
        ]

    def tell(self, path):
        story = Story(path, f"{self.folder}/story", self.substitutions(), NOT_RUN)
        self.addCleanup(story.end)
        story.tell()


for each in DOCUMENTS:
    setattr(Told, f"test_{each.stem.lower()}", lambda self, path=each: self.tell(path))


class Links(Case):
    def test_every_link_leads_somewhere(self):
        for path in DOCUMENTS:
            for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", path.read_text()):
                there = (path.parent / target).resolve() if target else path
                self.assertTrue(there.exists(), f"{path.name}: {target}")
                if anchor:
                    self.assertIn(anchor, anchors_of(there.read_text()), f"{path.name}: {target}#{anchor}")


def anchors_of(text):
    """The anchors that GitHub gives to headings."""
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


class Tables(Case):
    def test_every_command_that_is_left_out_is_there(self):
        lines = [line for path in DOCUMENTS for block in blocks_of(path) for line in block.text.splitlines()]
        unused = [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)]
        self.assertEqual(unused, [], "take these out of NOT_RUN")

    def test_every_metric_is_in_the_operations_page_and_no_other(self):
        rows = re.findall(r"^\| `(tributary_\w+)` \| (\w+) \|([^|]*)\|",
                          (programs.REPOSITORY / "docs" / "operations.md").read_text(), re.MULTILINE)
        told = {name: (kind, frozenset(filter(None, labels.replace(" ", "").split(",")))) for name, kind, labels in rows}
        self.assertEqual(metrics_of(self.busy_server()), told)

    def busy_server(self):
        """The metrics page of a server that has found documents, met a failure, and refused a request."""
        good = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        bad = self.partner("p002").always("Patient", Reply(500))
        self.tributary(good, bad, partner_defaults={"attempts": 1})
        self.create(fhir.classic(endpoint=self.receiver().endpoint))
        self.eventually(lambda: fhir.progress(self.search(fhir.BOB)).get("state") == "complete", "the end")
        web.call("GET", f"{self.server.fhir}/metadata", headers={"X-Long": "x" * 40_000})

        def page():
            text = web.get(f"{self.server.operations}/metrics").body.decode()
            return "retrieve_document" in text and "refused_total" in text and text

        return self.eventually(page, "a document retrieved and a request refused")


def metrics_of(page):
    """{name: (type, labels)} of a page of Prometheus text; `le` belongs to every histogram."""
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE))
    found = {}
    for line in page.splitlines():
        match = re.match(r"(tributary_\w+?)(?:_bucket|_sum|_count)?(\{.*\})? ", line)
        if match:
            name = match.group(1) if match.group(1) in kinds else line.split("{")[0].split(" ")[0]
            labels = frozenset(re.findall(r'(\w+)="', match.group(2) or "")) - {"le"}
            found[name] = (kinds[name], labels | found.get(name, ("", frozenset()))[1])
    return found
