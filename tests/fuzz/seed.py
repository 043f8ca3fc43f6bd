#!/usr/bin/env python3
"""seed.py FOLDER: where fuzzing begins, one folder for each fuzzer: the Subscriptions of the vectors and what is in them, commands and answers by hand."""
import json
import os
import pathlib
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
VECTORS = pathlib.Path(os.environ.get("TRIBUTARY_SHARED", REPOSITORY.parent / "shared")) / "vectors" / "subscriptions"

QUERIES = ["patient.given=bob&patient.family=smith&patient.birthdate=1970-01-02&_count=5&_sort=-date",
           "patient.identifier=urn%3Aoid%3A1.2%7C3&status=current,superseded&date=ge2025-01-01T00:00:00+01:00&type=http://loinc.org|34133-9",
           "subject:Patient.family:exact=Smith%5C,Jr&patient=Patient/1&category:not=x&description:contains=a+b&_id=a,b"]
COMMANDS = ["bind 123", "bind Subscription/123\r\n", "bind-with-token abc.def-ghi", "bind-with-token: abc", "ping",
            '{"type":"bind-with-token","payload":{"token":"abc"}}', '{"type":"unbind-from-token","payload":{"token":"abc"}}', '{"type":"ping"}']
ANSWERS = ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n{ }\r\n0\r\nA: b\r\n\r\n",
           "HTTP/1.0 503 Busy\r\nRetry-After: 120\r\nConnection: close\r\n\r\nlater",
           "HTTP/1.1 429 Slow\r\nRetry-After: Sun, 06 Nov 2094 08:49:37 GMT\r\nContent-Length: 2\r\n\r\nno",
           "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n\x1f"]


def texts_of(value, key=""):
    """Every string of a resource that is, or may hold, a search."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from texts_of(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each, key)
    elif isinstance(value, str) and (key in ("criteria", "url") or "?" in value):
        yield value


def seeds():
    files = sorted(VECTORS.rglob("*.json")) if VECTORS.is_dir() else []
    if not files:
        print(f"!!! there are no vectors in {VECTORS}: fuzzing begins with a few texts")
    contents = [path.read_text() for path in files]
    texts = sorted({text for content in contents for text in texts_of(json.loads(content))})
    yield "subscription", [content for path, content in zip(files, contents) if ".subscription." in path.name]
    yield "criteria", [*texts, *("DocumentReference?" + query for query in QUERIES)]
    yield "search_url", [*(text.partition("?")[2] for text in texts), *QUERIES]
    yield "socket_command", COMMANDS
    yield "http_acknowledgement", ANSWERS


def main(folder):
    for name, contents in seeds():
        there = folder / name
        there.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(contents):
            (there / f"seed-{number}").write_bytes(content.encode())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
