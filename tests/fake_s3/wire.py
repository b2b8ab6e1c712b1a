"""HTTP/1.1 on a socket: requests parsed, replies sent byte for byte as they were decided."""

import email.utils
import socket
import struct
import time
import urllib.parse
from dataclasses import dataclass, field

REASONS = {200: "OK", 206: "Partial Content", 301: "Moved Permanently", 307: "Temporary Redirect"}


@dataclass
class Request:
    method: str
    path: str  # decoded; bytes that are not UTF-8 as surrogates
    raw_target: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)  # names in lower case
    operation: str = ""  # "list", "get" or "other"
    key: str = ""  # of a get; of a list the prefix
    number: int = 0  # of all requests, counted from 1
    status: int = 0  # of the reply
    faults: tuple[str, ...] = ()  # names of those that were applied

    @property
    def range(self) -> tuple[int, int] | None:
        """First and last byte asked for."""
        value = self.headers.get("range", "")
        first, dash, last = value.removeprefix("bytes=").partition("-")
        return (int(first), int(last)) if dash and first and last else None


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes = b""
    # How much of head and body is sent, and what follows: "keep" the connection, "close" it, "reset" it,
    # or "stall" (send nothing more until the client leaves).
    send_head: bool = True
    send_bytes: int | None = None
    then: str = "keep"
    # Pause between single bytes, in seconds.
    drip_seconds: float = 0

    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Said')}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "surrogateescape")


def http_date(seconds: int) -> str:
    return email.utils.formatdate(seconds, usegmt=True)


class Connection:
    def __init__(self, connected: socket.socket):
        self._socket = connected
        self._buffer = b""
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_request(self) -> Request | None:
        """None when the client has left."""
        while b"\r\n\r\n" not in self._buffer:
            received = self._socket.recv(65536)
            if not received:
                return None
            self._buffer += received
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        path, _, query = target.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
        decoded = urllib.parse.unquote(path, errors="surrogateescape")
        return Request(method, decoded, target, dict(pairs), headers)

    def send(self, reply: Reply) -> bool:
        """Whether the connection can be used again."""
        if reply.send_head:
            self._socket.sendall(reply.head())
            body = memoryview(reply.body)[: reply.send_bytes]
            if reply.drip_seconds:
                for at in range(len(body)):
                    self._socket.sendall(body[at : at + 1])
                    time.sleep(reply.drip_seconds)
            else:
                self._socket.sendall(body)
        if reply.then == "stall":
            while self._socket.recv(65536):
                pass
        if reply.then == "reset":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return reply.then == "keep"
