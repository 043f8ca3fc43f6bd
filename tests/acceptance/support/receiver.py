"""A rest-hook receiver that records, and what its records mean."""
import threading

from support.web import Reply, ScriptedServer


class Notification:
    """A Bundle of a topic Subscription, read from a request body or a WebSocket frame."""

    def __init__(self, bundle, raw=b"", at=None):
        self.bundle, self.raw, self.at = bundle, raw, at
        self.entries = bundle.get("entry", [])
        parameters = self.entries[0]["resource"]["parameter"]
        self.values = {each["name"]: next((v for k, v in each.items() if k.startswith("value")), None) for each in parameters}
        self.type = self.values["type"]
        self.status = self.values["status"]
        self.events = [{part["name"]: next(v for k, v in part.items() if k.startswith("value")) for part in each["part"]}
                       for each in parameters if each["name"] == "notification-event"]

    @property
    def number(self):
        return int(self.events[0]["event-number"]) if self.events else None

    def focus(self):
        """The resource that the event is about, of a full-resource notification; None otherwise."""
        return self.entries[1]["resource"] if len(self.entries) > 1 and "resource" in self.entries[1] else None


class Receiver(ScriptedServer):
    """Answers 200 to everything unless told otherwise."""

    def __init__(self, port=0):
        self.replies, self.default, self.lock = [], Reply(200), threading.Lock()
        super().__init__(port)
        self.endpoint = f"{self.origin}/hook"

    def next_replies(self, *replies):
        with self.lock:
            self.replies = list(replies)

    def answer(self, _request):
        with self.lock:
            return self.replies.pop(0) if self.replies else self.default

    def notifications(self, kind="event-notification"):
        found = [Notification(request.json(), request.body, request.at)
                 for request in self.received(lambda request: request.method == "POST" and request.body)]
        return [each for each in found if each.type == kind]

    def wait_for_events(self, count, seconds=10):
        """The event notifications, once `count` have arrived; fewer when the time is over."""
        self.wait_for(count, lambda request: request.body and b"event-notification" in request.body, seconds)
        return self.notifications()
