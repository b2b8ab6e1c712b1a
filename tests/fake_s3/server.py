"""The server: one thread for each connection, faults between what S3 would answer and the socket."""

import socket
import threading
from collections.abc import Callable

from .bucket import Bucket, Clock
from .faults import Fault
from .replies import error_reply, get_reply, list_reply
from .signature import is_signed
from .wire import Connection, Reply, Request, http_date


class FakeS3:
    """Listens on `endpoint` until stop(). Path style; signatures are checked where a secret is given."""

    def __init__(self, secret_key: str = "", page_keys: int = 1000):
        self.clock = Clock()
        self._secret_key = secret_key
        self.page_keys = page_keys
        self.buckets: dict[str, Bucket] = {}
        self.faults: list[Fault] = []
        self.errors: list[str] = []  # mistakes in faults; none is what a test should find here
        # Sees every request before it is answered, on the connection's thread.
        self.watcher: Callable[[Request], None] = lambda request: None
        self._log: list[Request] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    def bucket(self, name: str) -> Bucket:
        """A new, empty bucket."""
        self.buckets[name] = Bucket(name, self.clock)
        return self.buckets[name]

    def take_log(self) -> list[Request]:
        """The requests since the last call, in the order of their arrival."""
        with self._lock:
            log, self._log = self._log, []
            return log

    def stop(self) -> None:
        self._stopped = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.disconnect()

    def disconnect(self) -> None:
        """Ends every connection, also those that stall."""
        with self._lock:
            connections = list(self._open)
        for connected in connections:
            try:
                connected.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it ended meanwhile

    def _accept(self) -> None:
        while not self._stopped:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return  # stopped
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        with self._lock:
            self._open.add(connected)
        try:
            connection = Connection(connected)
            while (request := connection.read_request()) is not None:
                if not connection.send(self._answer(request)):
                    break
        except OSError:
            pass  # the client left
        except Exception as error:  # of a fault that is not what its author thinks it is
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._open.discard(connected)
            connected.close()

    def _answer(self, request: Request) -> Reply:
        name, _, key = request.path.removeprefix("/").partition("/")
        request.operation = "other"
        if request.method == "GET":
            request.operation = "list" if "list-type" in request.query else "get"
        request.key = request.query.get("prefix", "") if request.operation == "list" else key
        with self._lock:
            self._log.append(request)
            request.number = len(self._log)
            applied = [fault for fault in self.faults if fault.applies(request)]
        self.watcher(request)
        request.faults = tuple(fault.name for fault in applied)
        bucket = self.buckets.get(name)
        for fault in applied:
            fault.before(bucket, request)
        reply = self._honest(bucket, request, applied)
        reply.headers.setdefault("Date", http_date(self.clock.now))
        reply.headers.setdefault("Server", "AmazonS3")
        reply.headers.setdefault("x-amz-request-id", "4442587FB7D0A2F9")
        reply.headers.setdefault("Content-Length", str(len(reply.body)))
        for fault in applied:
            reply = fault.change(bucket, request, reply)
        for fault in applied:
            fault.after(bucket, request)
        request.status = reply.status if reply.send_head else 0
        return reply

    def _honest(self, bucket: Bucket | None, request: Request, faults: list[Fault]) -> Reply:
        if self._secret_key and not is_signed(request, self._secret_key):
            text = "The request signature we calculated does not match the signature you provided"
            return error_reply(403, "SignatureDoesNotMatch", text)
        if bucket is None:
            return error_reply(404, "NoSuchBucket", "The specified bucket does not exist")
        if request.operation == "list":
            return list_reply(bucket, request.query, self.page_keys)
        if request.operation == "get":
            return get_reply(bucket, request, any(fault.ignores_if_match for fault in faults))
        return error_reply(405, "MethodNotAllowed", "Nothing else is answered here")
