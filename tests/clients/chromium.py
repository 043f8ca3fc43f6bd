"""A headless Chromium, driven by its own DevTools protocol over a WebSocket."""
import base64
import itertools
import json
import re
import tempfile
import time

from support import programs, web
from support.websocket import WebSocket

OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
           "--hide-scrollbars", "--remote-debugging-port=0")


class Chromium:
    """One browser with one page and a profile of its own."""

    def __init__(self, executable, width=900, height=780):
        # Processes of the browser may write to the profile a little longer than the browser itself.
        self.profile = tempfile.TemporaryDirectory(prefix="tributary-chromium-", ignore_cleanup_errors=True)
        self.program = programs.Program([executable, *OPTIONS, f"--user-data-dir={self.profile.name}", f"--window-size={width},{height}", "about:blank"],
                                        self.profile.name, "chromium")
        self.numbers = itertools.count(1)
        self.page = WebSocket(self.page_url())
        self.command("Page.enable")
        self.command("Runtime.enable")

    def page_url(self, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.program.process.poll() is None:
            told = re.search(r"DevTools listening on ws://(\S+?)/", self.program.stderr())
            if told:
                pages = web.get(f"http://{told.group(1)}/json/list").json()
                found = [each["webSocketDebuggerUrl"] for each in pages if each["type"] == "page"]
                if found:
                    return found[0]
            time.sleep(0.05)
        self.program.kill()
        raise AssertionError(f"Chromium did not start:\n{self.program.stderr()[-2000:]}")

    def command(self, method, **parameters):
        """The result of a DevTools command; what the page reports meanwhile is left out."""
        number = next(self.numbers)
        self.page.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.page.receive(30))
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def open(self, url):
        self.command("Page.navigate", url=url)

    def value(self, expression):
        """What a JavaScript expression is in the page; a promise is waited for."""
        answer = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def screenshot(self):
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])

    def end(self):
        self.page.send(json.dumps({"id": next(self.numbers), "method": "Browser.close"}))
        self.program.wait()
        self.profile.cleanup()
