"""An HTTP proxy in front of an S3 server that keeps a log of requests and can change replies.

The Host header goes through unchanged: the signature covers it.
"""

import http.client
import socket
import struct
import sys
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOT_FOUND = b"<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>"


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # decoded, without the query
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)

    @property
    def is_list(self) -> bool:
        return self.method == "GET" and "list-type" in self.query


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/xml"})


@dataclass(frozen=True)
class Broken:
    """The server's reply, of whose body only this share is sent before the connection is reset; None: not
    even the status."""

    share: float | None = None


# Returns a reply of its own, or None for the server's. May also change the server first.
Rule = Callable[[Request], Reply | Broken | None]


class Proxy:
    """Listens on `endpoint` until stop()."""

    def __init__(self, upstream_port: int):
        self.rule: Rule = lambda request: None
        self._log: list[Request] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._server.upstream_port = upstream_port
        self.port = self._server.server_address[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def record(self, request: Request) -> Reply | Broken | None:
        with self._lock:
            self._log.append(request)
            return self.rule(request)

    def take_log(self) -> list[Request]:
        """The requests since the last call."""
        with self._lock:
            log, self._log = self._log, []
            return log

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    proxy: Proxy
    upstream_port: int

    def handle_error(self, request, client_address) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # of a client that was killed
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    upstream: http.client.HTTPConnection | None = None

    def finish(self) -> None:
        if self.upstream:
            self.upstream.close()
        super().finish()

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        request = Request(self.command, urllib.parse.unquote(path), dict(pairs), dict(self.headers.items()))
        reply = self.server.proxy.record(request)
        if isinstance(reply, Broken):
            if reply.share is not None:
                whole = self._ask_upstream(body)
                headers = {"Content-Length": str(len(whole.body)), **whole.headers}
                part = whole.body[: int(reply.share * len(whole.body))]
                self._send(Reply(whole.status, part, headers))
            self._reset()
            return
        if reply is None:
            reply = self._ask_upstream(body)
        self._send(reply)

    def _reset(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        no_linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)

    def _ask_upstream(self, body: bytes) -> Reply:
        if not self.upstream:
            self.upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream_port)
        self.upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            self.upstream.putheader(name, value)
        self.upstream.endheaders(body or None)
        response = self.upstream.getresponse()
        content = response.read()
        dropped = ("connection", "transfer-encoding", "content-length")
        headers = {n: v for n, v in response.getheaders() if n.lower() not in dropped}
        if self.command == "HEAD":
            headers["Content-Length"] = response.headers.get("Content-Length", "0")
        return Reply(response.status, content, headers)

    def _send(self, reply: Reply) -> None:
        try:
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client left

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _forward

    def log_message(self, *_) -> None:
        pass
