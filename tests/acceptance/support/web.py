"""HTTP as a client sees it, and a small threaded HTTP/1.1 server to build scripted peers on."""
import contextlib
import http.client
import http.server
import json
import select
import socket
import threading
import time
import urllib.parse


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:800]!r}"


def call(method, url, body=None, headers=None, seconds=20):
    """One request on a connection of its own. `body`: bytes, text, or a value that is sent as FHIR JSON."""
    parts = urllib.parse.urlsplit(url)
    headers = dict(headers or {})
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/fhir+json")
    if isinstance(body, str):
        body = body.encode()
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
    with contextlib.closing(connection):
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers)
        answer = connection.getresponse()
        return Response(answer.status, answer.headers, answer.read())


def get(url, **headers):
    return call("GET", url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Request:
    """What a scripted server received, and when (time.monotonic)."""

    def __init__(self, method, target, headers, body):
        self.at = time.monotonic()
        self.answered_at = self.dropped_at = None
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path, _, self.query_text = target.partition("?")
        self.query = urllib.parse.parse_qs(self.query_text, keep_blank_values=True)

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.method} {self.target}"


class Reply:
    """An answer to give. `hang`: never answer, until the server stops or releases."""

    def __init__(self, status=200, body=b"", headers=None, after=0.0, hang=False):
        self.status, self.after, self.hang = status, after, hang
        self.headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            self.headers.setdefault("Content-Type", "application/fhir+json;charset=UTF-8")
        self.body = body.encode() if isinstance(body, str) else body


class ScriptedServer:
    """Records every request and answers what `answer(request)` of the subclass says. One thread a connection."""

    def __init__(self, port=0):
        self.requests, self.changed = [], threading.Condition()
        self.released = threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                owner.serve(self, Request(self.command, self.path, self.headers, self.rfile.read(length)))

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass  # the program under test may close a connection at any moment

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def answer(self, request):
        raise NotImplementedError

    def serve(self, handler, request):
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        reply = self.answer(request)
        if reply.hang:
            self.hang(handler, request)
            return
        if reply.after:
            self.released.wait(reply.after)
        head = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {len(reply.body)}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        request.answered_at = time.monotonic()  # before anybody can have acted upon it
        handler.wfile.write("\r\n".join(head).encode() + b"\r\n\r\n" + reply.body)
        handler.wfile.flush()

    def hang(self, handler, request):
        """Answers nothing; notes when the other side gives up."""
        handler.close_connection = True
        while not self.released.is_set():
            readable, _, _ = select.select([handler.connection], [], [], 0.005)
            if readable and not handler.connection.recv(1, socket.MSG_PEEK):
                request.dropped_at = time.monotonic()
                return

    def received(self, where=lambda request: True):
        with self.changed:
            return [request for request in self.requests if where(request)]

    def wait_for(self, count, where=lambda request: True, seconds=10):
        """The requests that `where` picks, once there are `count` of them; fewer when the time is over."""
        with self.changed:
            self.changed.wait_for(lambda: sum(map(bool, map(where, self.requests))) >= count, seconds)
        return self.received(where)

    def release(self):
        """Lets everything that hangs or waits go."""
        self.released.set()

    def stop(self):
        self.release()
        self.server.shutdown()
        self.server.server_close()
