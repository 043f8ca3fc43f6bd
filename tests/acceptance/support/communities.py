"""Many partner communities in one process that count, at their side, who is asked, when, and how many calls are under way at once."""
import asyncio
import json
import threading
import time
import urllib.parse

from support.partner import document, patient


class Call:
    """One request to one community. `ended_at`: answered; `dropped_at`: the caller closed the connection before."""

    def __init__(self, community, what, query):
        self.community, self.what, self.query = community, what, query
        self.began_at, self.ended_at, self.dropped_at = time.monotonic(), None, None


class Communities:
    """`count` communities; each knows the families of `holds` ({family: [document id, …]}). Every call takes `delay` seconds, None: for ever."""

    def __init__(self, count, holds=None, delay=0.0):
        self.holds, self.delay = dict(holds or {}), delay
        self.names = [f"p{number:03}" for number in range(1, count + 1)]
        self.calls, self.changed = [], threading.Condition()
        self.running, self.most = dict.fromkeys([*self.names, "all"], 0), dict.fromkeys([*self.names, "all"], 0)
        self.loop, self.ready = asyncio.new_event_loop(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.ready.wait(10)

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024))
        self.base = "http://127.0.0.1:{}".format(self.server.sockets[0].getsockname()[1])
        self.ready.set()
        self.loop.run_forever()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self.loop), return_exceptions=True))
        self.loop.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def configurations(self, **more):
        return [{"id": name, "fhir": f"{self.base}/{name}/fhir", "name": f"Community {name}", **more} for name in self.names]

    # What a test asks.

    def made(self, *what):
        with self.changed:
            return [call for call in self.calls if call.what in (what or ("Patient", "DocumentReference", "Binary"))]

    def wait_for(self, count, *what, seconds=20):
        end = time.monotonic() + seconds
        while len(self.made(*what)) < count and time.monotonic() < end:
            time.sleep(0.01)
        return self.made(*what)

    # What a community does.

    async def serve(self, reader, writer):
        line = await reader.readline()
        try:
            while line:
                headers = await reader.readuntil(b"\r\n\r\n")
                length = next((int(each.partition(b":")[2]) for each in headers.split(b"\r\n")
                               if each.lower().startswith(b"content-length:")), 0)
                await reader.readexactly(length)
                line = await self.handle(line.split()[1].decode(), reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def handle(self, target, reader, writer):
        """Answers one request; the first line of the next one, b"" when the caller has gone."""
        path, _, query = target.partition("?")
        _, community, _, what, *rest = [*path.split("/"), "", ""]
        call = Call(community, what, urllib.parse.parse_qs(query))
        self.count(call, 1)
        upcoming = asyncio.ensure_future(reader.readline())
        if what != "metadata":
            await asyncio.wait([upcoming], timeout=self.delay)
        if upcoming.done() and not upcoming.result():
            call.dropped_at = time.monotonic()
            self.count(call, -1)
            return b""
        kind, body = self.answer(call, rest[0])
        call.ended_at = time.monotonic()
        self.count(call, -1)
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        return await upcoming

    def count(self, call, by):
        with self.changed:
            if by > 0:
                self.calls.append(call)
            for name in (call.community, "all"):
                self.running[name] += by
                self.most[name] = max(self.most[name], self.running[name])

    def answer(self, call, identifier):
        if call.what == "Binary":
            return "text/plain", "The note {} of {}.".format(*identifier.split("-")[1:]).encode()
        if call.what == "metadata":
            return "application/fhir+json", b'{"resourceType":"CapabilityStatement","status":"active","fhirVersion":"4.0.1"}'
        found = self.patients(call) if call.what == "Patient" else self.documents(call)
        entries = [{"resource": each, "search": {"mode": "match"}} for each in found]
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}
        if not found:
            del bundle["entry"]
        return "application/fhir+json", json.dumps(bundle).encode()

    def patients(self, call):
        family = call.query.get("family", [""])[0].casefold()
        return [patient(f"{call.community}-{family}", family=family.title())] if family in self.holds else []

    def documents(self, call):
        local_id = call.query.get("patient", [""])[0].rpartition("/")[2]
        family = local_id.partition("-")[2]
        return [document(f"{each}-{call.community}", local_id, f"The note {each} of {call.community}.",
                         unique_id=f"urn:oid:2.999.1.{int(call.community[1:])}.{each}")
                for each in self.holds.get(family, ())]
