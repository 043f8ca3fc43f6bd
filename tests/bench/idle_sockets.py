"""Many WebSockets that are bound to a Subscription each and hear nothing."""
import base64
import os
import select
import socket
import struct
import threading
import urllib.parse

from support import fhir, web

TEXT, PING, PONG = 1, 9, 10


def frame(opcode, payload):
    """One frame of a client, masked with zeros."""
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload


def frames(data):
    """(opcode, payload) of each frame of a server in `data`, which has them whole."""
    while data:
        length, head = data[1], 2
        if length == 126:
            length, head = struct.unpack(">H", data[2:4])[0], 4
        if len(data) < head + length:
            raise OSError("half a frame")
        yield data[0] & 0x0F, data[head:head + length]
        data = data[head + length:]


def open_socket(url):
    parts = urllib.parse.urlsplit(url)
    made = socket.create_connection((parts.hostname, parts.port), 10)
    key = base64.b64encode(os.urandom(16)).decode()
    made.sendall((f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
    if b" 101 " not in made.recv(4096):
        raise RuntimeError("no WebSocket")
    return made


def subscribe(server, number):
    """A Subscription over WebSocket for a patient of its own, every other one of our topic. Answers its id and whether it is."""
    of_topic = number % 2 == 1
    criteria = f"DocumentReference?patient.given=idle{number}&patient.family=idle{number}"
    answer = web.call("POST", f"{server.fhir}/Subscription", (fhir.topic if of_topic else fhir.classic)(criteria))
    if answer.status != 201:
        raise RuntimeError(f"Subscription refused: {answer}")
    return answer.json()["id"], of_topic


def binding(server, identifier, of_topic):
    """The command that binds a socket to it."""
    if not of_topic:
        return f"bind {identifier}"
    values = web.get(f"{server.fhir}/Subscription/{identifier}/$get-ws-binding-token").json()["parameter"]
    return "bind-with-token " + next(each["valueString"] for each in values if each["name"] == "token")


class IdleSockets:
    """Binds sockets and keeps them: one thread, which answers the server's pings and counts those that ended."""

    def __init__(self, server):
        self.server, self.url = server, f"{server.fhir}/ws"
        self.sockets, self.lost, self.stopped = {}, 0, False
        self.readable = select.epoll()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def bind(self, identifier, of_topic):
        command = binding(self.server, identifier, of_topic)
        made = open_socket(self.url)
        made.sendall(frame(TEXT, command.encode()))
        answer = made.recv(65536)
        if identifier.encode() not in answer:
            raise RuntimeError(f"not bound: {answer[:300]!r}")
        self.sockets[made.fileno()] = made
        self.readable.register(made.fileno(), select.EPOLLIN)

    def run(self):
        while not self.stopped:
            for number, _ in self.readable.poll(0.2):
                try:
                    self.answer(self.sockets[number])
                except OSError:
                    self.readable.unregister(number)
                    self.lost += 1

    def answer(self, each):
        data = each.recv(65536)
        if not data:
            raise OSError("closed")
        for opcode, payload in frames(data):
            if opcode == PING:
                each.sendall(frame(PONG, payload))

    def close(self):
        self.stopped = True
        self.thread.join()
        for each in self.sockets.values():
            each.close()
