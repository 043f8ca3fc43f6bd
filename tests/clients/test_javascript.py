"""JavaScript clients of other makers, on Node."""
import json
import pathlib
import unittest

import installed
from sample import DOCUMENTS, Sample
from support import fhir, web
from support.partner import document, patient

SCRIPTS = pathlib.Path(__file__).resolve().parent


class Node(Sample):
    def node(self, script, *arguments, seconds=60):
        folder = installed.node_folder(pathlib.Path(self.folder), script)
        return installed.run("node", folder / script.name, *arguments, folder=folder, seconds=seconds)

    def answers(self, script, *arguments):
        return json.loads(self.node(SCRIPTS / script, self.server.fhir, *arguments))


@installed.needs_node
class Examples(Node):
    def example(self, name, base, *arguments):
        return self.node(installed.EXAMPLES / name, base, *arguments)

    def test_the_fhir_kit_client_app_hears_of_each_document(self):
        self.sample()
        printed = self.example("fhir_kit_client_app.mjs", self.server.fhir, DOCUMENTS)
        self.assert_unsubscribed()
        self.assert_printed_each_document(printed, 1)

    def test_the_fhirclient_app_is_called_for_each_document(self):
        self.sample()
        printed = self.example("fhirclient_app.mjs", self.server.fhir, DOCUMENTS)
        self.assert_unsubscribed()
        self.assert_printed_each_document(printed, 1)

@installed.needs_node
class Medplum(Node):
    """@medplum/core, unchanged, over the JSON dialect."""

    def hears_of_each_document(self, app):
        self.sample()
        origin = self.server.fhir.removesuffix("/fhir")
        printed = self.node(app, origin, DOCUMENTS).splitlines()
        self.assertEqual(printed.count("connected"), 1, "one connection for the whole run")
        self.assert_printed_each_document("\n".join(line for line in printed if line != "connected"), 0)

    def test_the_medplum_app_hears_of_each_document(self):
        self.hears_of_each_document(installed.EXAMPLES / "medplum_app.mjs")

    def test_with_one_line_more_so_does_an_app_of_medplum_5(self):
        text = (installed.EXAMPLES / "medplum_app.mjs").read_text()
        for old, new in (("import('@medplum/core')", "import('medplum-5')"), ("// medplum.getProfile", "medplum.getProfile")):
            self.assertEqual(text.count(old), 1)
            text = text.replace(old, new)
        app = pathlib.Path(self.folder) / "app" / "medplum_5_app.mjs"
        app.parent.mkdir()
        app.write_text(text)
        self.hears_of_each_document(app)


@installed.needs_node
class FhirKitClient(Node):
    def test_fhir_kit_client_pages_posts_and_is_told_what_there_is_not(self):
        self.sample()
        self.create(fhir.classic())
        found = self.found()
        answers = self.answers("fhir_kit_client.mjs", "pages")
        self.assertEqual(sorted(answers["paged"]), found)
        self.assertEqual(sorted(answers["posted"]), found)
        self.assertEqual(answers["patched"], 405)
        self.assertEqual(answers["smart"], {}, "no server of SMART, told quickly")

    def test_fhir_kit_client_asks_for_the_status_of_several_subscriptions(self):
        self.tributary(self.partner())
        first, second, third = (self.create(fhir.classic())["id"] for _ in range(3))
        self.change(third, status="off")
        statuses = self.answers("fhir_kit_client.mjs", "status", first, second)
        self.assertEqual(statuses["several"], {first: "active", second: "active"})
        self.assertEqual(statuses["off"], {third: "off"})
        self.assertEqual(set(statuses["all"]), {first, second, third})
        self.assertEqual(statuses["one"], {first: "active"})


@installed.needs_node
class Fhirclient(Node):
    def test_fhirclient_pages_and_resolves_the_patients(self):
        self.sample()
        self.create(fhir.classic())
        found = self.found()
        answers = self.answers("fhirclient.mjs", "pages")
        self.assertEqual(sorted(answers["ids"]), found)
        self.assertEqual(set(answers["families"]), {"Smith"})

    def test_fhirclient_moves_a_subscription_to_another_endpoint(self):
        first, second = self.receiver(), self.receiver()
        holder = self.partner("p001", [patient("a")]).holds(document("d1", "a"))
        self.tributary(holder)
        identifier = self.create(fhir.topic(endpoint=first.endpoint, header=["X-Secret: one"]))["id"]
        first.wait_for_events(1)
        self.answers("fhirclient.mjs", "move", identifier, second.endpoint)
        self.eventually(lambda: second.notifications("handshake"), "a handshake at the new endpoint")
        handshake = second.notifications("handshake")[0]
        self.assertEqual((handshake.status, handshake.values["events-since-subscription-start"]), ("requested", "1"))
        self.assertEqual(second.received()[0].headers["X-Secret"], "two", "the value that was written with the endpoint")
        self.eventually(lambda: self.subscription_status(identifier) == "active", "an active Subscription")
        self.assertEqual(second.notifications(), [], "what was delivered is not told again")


if __name__ == "__main__":
    unittest.main()
