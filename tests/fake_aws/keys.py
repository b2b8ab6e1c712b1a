"""Temporary keys, as they are handed out and taken back."""

import secrets
import string
import threading
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Keys:
    access: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    source: str  # the service that gave them
    expires: int  # seconds since 1970

    def expires_as_text(self) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.expires))


class KeyStore:
    """Thread-safe."""

    def __init__(self):
        self.lifetime_seconds = 3600
        self.issued: list[Keys] = []
        self._taken_back: set[str] = set()
        self._lock = threading.Lock()

    def issue(self, source: str) -> Keys:
        """Keys that nobody has had before, in the form of AWS's own."""
        letters = string.ascii_uppercase + string.digits
        access = "ASIA" + "".join(secrets.choice(letters) for _ in range(16))
        expires = int(time.time()) + self.lifetime_seconds
        secret = secrets.token_urlsafe(30).replace("-", "+").replace("_", "/")
        token = "IQoJb3JpZ2luX2VjE" + secrets.token_urlsafe(80) + "=="
        with self._lock:
            self.issued.append(Keys(access, secret, token, source, expires))
            return self.issued[-1]

    def find(self, access: str) -> Keys | None:
        with self._lock:
            return next((keys for keys in self.issued if keys.access == access), None)

    def take_back(self) -> None:
        """Every key handed out so far counts as expired."""
        with self._lock:
            self._taken_back.update(keys.access for keys in self.issued)

    def is_taken_back(self, keys: Keys) -> bool:
        with self._lock:
            return keys.access in self._taken_back
