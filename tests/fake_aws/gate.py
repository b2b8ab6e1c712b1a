"""What makes a fake S3 take the keys that were handed out, and none else."""

import threading

from fake_s3.bucket import Bucket
from fake_s3.replies import error_reply
from fake_s3.signature import is_signed
from fake_s3.wire import Reply, Request

from .keys import Keys, KeyStore


class Gate:
    """A fault of fake_s3 that every request meets. Thread-safe."""

    name = "gate"
    ignores_if_match = False

    def __init__(self, store: KeyStore, take_back_at: int = 0):
        """Before the request of this number, counted from 1, all keys are taken back."""
        self.used: list[Keys] = []  # in the order of the requests that were let through
        self.refused: list[str] = []
        self._store = store
        self._take_back_at = take_back_at
        self._count = 0
        self._lock = threading.Lock()

    def applies(self, request: Request) -> bool:
        return True

    def before(self, bucket: Bucket | None, request: Request) -> None:
        with self._lock:
            self._count += 1
            if self._count == self._take_back_at:
                self._store.take_back()

    def change(self, bucket: Bucket | None, request: Request, reply: Reply) -> Reply:
        code, keys = self._judge(request)
        with self._lock:
            if code:
                self.refused.append(code)
            else:
                self.used.append(keys)
        if not code:
            return reply
        refusal = error_reply(400 if code == "ExpiredToken" else 403, code, "Not with these keys")
        refusal.headers["Content-Length"] = str(len(refusal.body))
        return refusal

    def after(self, bucket: Bucket | None, request: Request) -> None:
        pass

    def _judge(self, request: Request) -> tuple[str, Keys | None]:
        authorization = request.headers.get("authorization", "")
        _, _, access = authorization.partition("Credential=")
        keys = self._store.find(access.partition("/")[0])
        if keys is None:
            return "InvalidAccessKeyId", None
        if not is_signed(request, keys.secret):
            return "SignatureDoesNotMatch", None
        signed = authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")
        if "x-amz-security-token" not in signed or request.headers["x-amz-security-token"] != keys.token:
            return "InvalidToken", None
        return ("ExpiredToken" if self._store.is_taken_back(keys) else ""), keys
