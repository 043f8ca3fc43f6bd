"""A WebSocket client (RFC 6455) over the standard library: text frames, ping and pong, close codes."""
import base64
import os
import queue
import socket
import struct
import threading
import time
import urllib.parse

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Closed(Exception):
    def __init__(self, code, reason=""):
        super().__init__(f"closed {code} {reason}")
        self.code, self.reason = code, reason


class WebSocket:
    """Reads in a thread of its own; `receive` takes text messages in order, `messages` keeps all with their time."""

    def __init__(self, url, headers=None, seconds=10):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *(f"{n}: {v}" for n, v in (headers or {}).items())]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.reader = self.socket.makefile("rb")
        self.status = int(self.reader.readline().split()[1])
        while self.reader.readline().strip():
            pass
        if self.status != 101:
            self.socket.close()
            raise Closed(self.status, "no upgrade")
        self.socket.settimeout(None)
        self.messages, self.inbox, self.end = [], queue.Queue(), None
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def send(self, text, opcode=TEXT):
        data = text.encode() if isinstance(text, str) else text
        mask = os.urandom(4)
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([0x80 | len(data)])
        elif len(data) < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", len(data))
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", len(data))
        self.socket.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def receive(self, seconds=10):
        """The next text message. Raises Closed at the end of the connection, AssertionError when the time is over."""
        try:
            text = self.inbox.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no WebSocket message within {seconds} s") from None
        if text is None:
            self.inbox.put(None)
            raise self.end
        return text

    def close(self):
        try:
            self.send(struct.pack(">H", 1000), CLOSE)
            self.thread.join(2)
        except OSError:
            pass
        self.socket.close()

    def _read(self):
        parts = []
        try:
            while True:
                first, second = self._exactly(2)
                length = second & 0x7F
                if length == 126:
                    length = struct.unpack(">H", self._exactly(2))[0]
                elif length == 127:
                    length = struct.unpack(">Q", self._exactly(8))[0]
                data, opcode = self._exactly(length), first & 0x0F
                if opcode == CLOSE:
                    code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else 1005
                    self.end = Closed(code, data[2:].decode(errors="replace"))
                    self.send(data[:2], CLOSE)
                    break
                if opcode == PING:
                    self.send(data, PONG)
                elif opcode != PONG:
                    parts.append(data)
                    if first & 0x80:
                        text = b"".join(parts).decode()
                        parts = []
                        self.messages.append((time.monotonic(), text))
                        self.inbox.put(text)
        except (OSError, ValueError) as error:
            self.end = self.end or Closed(1006, str(error))
        self.inbox.put(None)

    def _exactly(self, count):
        data = self.reader.read(count) if count else b""
        if len(data) < count:
            raise OSError("end of stream")
        return data
