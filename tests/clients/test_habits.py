"""What apps, receivers and proxies do that a server could trip over. Needs nothing but the standard library."""
from support import fhir, web
from support.case import Case
from support.partner import document, patient
from support.web import Reply


class Habits(Case):
    def holder(self, count=2):
        made = self.partner("p001", [patient("a")])
        for number in range(count):
            made.holds(document(f"d{number}", "a", f"note {number}"), f"note {number}")
        return made

    def test_a_proxy_of_the_environment_is_not_used(self):
        trap, receiver = self.receiver(), self.receiver()
        self.sections = self.configuration(self.holder())
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        self.start_again({name: trap.origin for name in names})
        self.create(fhir.topic(endpoint=receiver.endpoint))
        self.assert_numbers_without_gaps(receiver.wait_for_events(2), 2)
        self.assertEqual(trap.received(), [])

    def test_the_authorization_of_a_caller_reaches_no_endpoint(self):
        holder, receiver = self.holder(), self.receiver()
        self.tributary(holder)
        answer = web.call("POST", f"{self.server.fhir}/Subscription", fhir.topic(endpoint=receiver.endpoint),
                          {"Authorization": "Bearer of-the-caller", "Cookie": "session=of-the-caller"})
        self.assertEqual(answer.status, 201)
        receiver.wait_for_events(2)
        for request in [*receiver.received(), *holder.received()]:
            self.assertNotIn("of-the-caller", str(request.headers))

    def test_a_2xx_is_a_delivery_whatever_its_body(self):
        receiver = self.receiver()
        receiver.next_replies(Reply(202, b"accepted"), Reply(200, b"{", {"Content-Type": "application/fhir+json"}), Reply(204),
                              Reply(201, b"<html>", {"Content-Type": "text/html"}))
        self.tributary(self.holder(4))
        identifier = self.create(fhir.topic(endpoint=receiver.endpoint))["id"]
        self.assert_numbers_without_gaps(receiver.wait_for_events(4), 4)
        self.assertEqual(self.subscription_status(identifier), "active")

    def test_behind_a_proxy_every_link_leads_to_the_public_base(self):
        public, receiver = "https://docs.example.org/fhir", self.receiver()
        self.tributary(self.holder(3), server={"public_base": public})
        answer = web.call("POST", f"{self.server.fhir}/Subscription", fhir.topic(endpoint=receiver.endpoint),
                          {"Host": "docs.example.org", "X-Forwarded-Proto": "https"})
        identifier = answer.json()["id"]
        self.assertTrue(answer.headers["Location"].startswith(f"{public}/Subscription/{identifier}/_history/"), answer.headers)
        event = receiver.wait_for_events(3)[0]
        self.assertEqual(event.values["subscription"]["reference"], f"{public}/Subscription/{identifier}")
        self.assertEqual(event.entries[0]["request"]["url"], f"{public}/Subscription/{identifier}/$status")
        self.assertTrue(event.focus()["content"][0]["attachment"]["url"].startswith(f"{public}/Binary/"))
        self.assertEqual(self.binding(self.create(fhir.topic())["id"])[0], "wss://docs.example.org/fhir/ws")
        for link in self.search(f"{fhir.BOB}&_count=1")["link"]:
            self.assertTrue(link["url"].startswith(f"{public}/DocumentReference?"), link)
        self.assertNotIn("127.0.0.1", str(self.read("metadata")))
