"""docs/guide.md as somebody follows it who has no FHIR server yet: HAPI is started by the guide's own commands."""
from support import programs, web
from support.case import Case
from support.stand_in import ports
from support.story import Story

# What has happened before this test runs, or there would be no HAPI and no programs.
DONE_BEFORE = ("tools/install-packages.sh", "cmake --", "tests/hapi/build.sh")


class Guide(Case):
    def test_the_guide_leads_to_a_first_notification(self):
        hapi_port = web.free_port()
        story = Story(programs.REPOSITORY / "docs" / "guide.md", f"{self.folder}/story",
                      [("127.0.0.1:8081", f"127.0.0.1:{hapi_port}"), ("--port=8081", f"--port={hapi_port}"), *ports()], DONE_BEFORE)
        self.addCleanup(story.end)
        story.tell()
