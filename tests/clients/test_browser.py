"""The page of examples/clients/browser in a headless Chromium, served from another origin than the FHIR server."""
import os
import pathlib
import unittest

import installed
from chromium import Chromium
from sample import DOCUMENTS, Sample
from support import fhir, web
from support.web import Reply, ScriptedServer

PAGE = installed.EXAMPLES / "browser" / "index.html"
ROWS = "[...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
TOLD = "document.querySelector('output').textContent"


class Site(ScriptedServer):
    """Where the app lives: it serves the page and nothing else."""

    def answer(self, request):
        return Reply(200, PAGE.read_bytes(), {"Content-Type": "text/html; charset=utf-8"}) if request.path == "/" else Reply(404)


@unittest.skipUnless(installed.chromium(), "!!! there is no Chromium: apt-get install chromium")
class Browser(Sample):
    def setUp(self):
        super().setUp()
        self.site = Site()
        self.addCleanup(self.site.stop)

    def browser(self):
        made = Chromium(installed.chromium())
        self.addCleanup(made.end)
        return made

    def watch(self, browser):
        browser.open(f"{self.site.origin}/?fhir={self.server.fhir}")
        self.eventually(lambda: browser.value("document.querySelector('button') && document.readyState === 'complete'"), "the page", 20)
        browser.value("document.querySelector('button').click()")

    def rows(self, browser, count, seconds=30):
        try:
            self.eventually(lambda: len(browser.value(ROWS)) >= count, f"{count} documents in the page", seconds)
        except AssertionError as failed:
            raise AssertionError(f"{failed}; the page says: {browser.value(TOLD)}") from None
        return browser.value(ROWS)

    def test_a_page_of_another_origin_shows_documents_as_they_arrive(self):
        self.sample(server={"allowed_origins": [self.site.origin]})
        browser = self.browser()
        self.watch(browser)
        rows = self.rows(browser, DOCUMENTS)
        links = browser.value("[...document.querySelectorAll('td a')].map((each) => each.href)")
        self.assertEqual((len(rows), len(set(links))), (DOCUMENTS, DOCUMENTS))
        waited = [float(row[0].split()[0]) for row in rows]
        self.assertEqual(waited, sorted(waited))
        self.measured("documents in a browser", f"first after {waited[0]} s, last {waited[-1]} s")
        if "TRIBUTARY_SCREENSHOT" in os.environ:
            pathlib.Path(os.environ["TRIBUTARY_SCREENSHOT"]).write_bytes(browser.screenshot())
        browser.open("about:blank")
        self.eventually(lambda: not fhir.resources(self.search("Subscription"), "Subscription"), "the page to have unsubscribed")

    def test_a_page_that_lost_its_server_hears_the_rest_and_nothing_twice(self):
        self.sample(server={"allowed_origins": [self.site.origin], "listen": f"127.0.0.1:{web.free_port()}"})
        browser = self.browser()
        self.watch(browser)
        self.rows(browser, 1)
        self.server.kill()
        self.start_again()
        self.assertEqual(len(self.rows(browser, DOCUMENTS)), DOCUMENTS)

    def test_a_page_of_an_origin_that_is_not_listed_gets_nothing(self):
        self.sample()
        browser = self.browser()
        self.watch(browser)
        self.eventually(lambda: "Cannot watch" in browser.value(TOLD), "the page to be told")
        self.assertEqual(fhir.resources(self.search("Subscription"), "Subscription"), [])
        closed = ("new Promise((resolve) => { const socket = new WebSocket('%s'); socket.onopen = () => resolve('open');"
                  " socket.onclose = () => resolve('closed'); })" % self.websocket_url())
        self.assertEqual(browser.value(closed), "closed")


if __name__ == "__main__":
    unittest.main()
