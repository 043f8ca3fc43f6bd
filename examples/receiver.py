#!/usr/bin/env python3
"""receiver.py [PORT]: the smallest rest-hook receiver that does it right. Python's standard library only.

Answers first and works afterwards, drops repeats by their number, and notices a gap. Prints one line per document: its
type and date, and before them the Subscription and the Event's number (topic Subscriptions), or where it was PUT
(classic ones). Subscribe with `"endpoint": "http://127.0.0.1:PORT/hook"`; the server needs `[delivery] allow_http = true` and
`allow_private_addresses = true` for an endpoint like this one.
"""
import argparse
import http.server
import json

next_number = {}


def values(parameters):
    return {each["name"]: next((value for key, value in each.items() if key.startswith("value")), each.get("part"))
            for each in parameters}


def describe(document):
    kind = document.get("type", {}).get("coding", [{}])[0].get("display", "document")
    return f"{kind} {document.get('date', '')}"


def take(bundle):
    status = values(bundle["entry"][0]["resource"]["parameter"])
    subscription = status["subscription"]["reference"].rpartition("/")[2]
    if status["type"] != "event-notification":
        print(f"{subscription} {status['type']}, {status['status']}", flush=True)
        return
    number, expected = int(values(status["notification-event"])["event-number"]), next_number.get(subscription, 1)
    if number < expected:
        return  # told again: the answer to the first one was lost
    if number > expected:
        print(f"{subscription} missed {expected} to {number - 1}: ask for them, or search", flush=True)
    next_number[subscription] = number + 1
    for entry in bundle["entry"][1:]:
        if entry["resource"]["resourceType"] != "DocumentReference":
            continue  # the patient it is about
        print(f"{subscription} Event {number} {describe(entry['resource'])}", flush=True)


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.wfile.flush()
        return json.loads(body) if body else None

    def do_POST(self):
        bundle = self.answer()
        if bundle:
            take(bundle)
        else:
            print("POST, empty: search again", flush=True)

    def do_PUT(self):
        document = self.answer()
        print(f"PUT {'/'.join(self.path.split('/')[-2:])} {describe(document)}", flush=True)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", metavar="PORT", nargs="?", type=int, default=9000)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Hook)
    print(f"receiver ready endpoint=http://127.0.0.1:{server.server_address[1]}/hook", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
