"""Buckets in memory, with S3's rules about time and order."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


class Clock:
    """The server's time, in whole seconds as AWS has it. It moves only when it is told to."""

    def __init__(self, now: int = 1_700_000_000):
        self.now = now

    def advance(self, seconds: int) -> None:
        self.now += seconds


@dataclass(frozen=True)
class StoredObject:
    key: str  # surrogateescape for bytes that are not UTF-8
    body: bytes = field(repr=False)
    etag: str  # with its quotes
    last_modified: int
    storage_class: str = "STANDARD"

    @property
    def size(self) -> int:
        return len(self.body)


def key_bytes(key: str) -> bytes:
    return key.encode(errors="surrogateescape")


class Upload:
    """A multipart upload. The object appears when it is completed, with the time at which it was begun."""

    def __init__(self, bucket: "Bucket", key: str):
        self._bucket = bucket
        self._key = key
        self._begun = bucket.clock.now

    def complete(self, body: bytes) -> StoredObject:
        etag = f'"{hashlib.md5(body).hexdigest()}-2"'
        return self._bucket.store(StoredObject(self._key, body, etag, self._begun))


class Bucket:
    """Thread-safe. Every change is visible at once, as S3 has been since 2020."""

    def __init__(self, name: str, clock: Clock | None = None):
        self.name = name
        self.clock = clock or Clock()
        # The body of an object that a fault overwrites.
        self.new_version: Callable[[str], bytes] = lambda key: b"another version of " + key.encode()
        self._lock = threading.RLock()
        self._objects: dict[str, StoredObject] = {}
        self._sorted: list[StoredObject] | None = None

    def put(self, key: str, body: bytes, storage_class: str = "STANDARD") -> StoredObject:
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        return self.store(StoredObject(key, body, etag, self.clock.now, storage_class))

    def overwrite(self, key: str) -> StoredObject:
        """One second later. Versions come in the order in which they were made, whatever the threads."""
        with self._lock:
            self.clock.advance(1)
            return self.put(key, self.new_version(key))

    def begin_upload(self, key: str) -> Upload:
        return Upload(self, key)

    def store(self, stored: StoredObject) -> StoredObject:
        with self._lock:
            self._objects[stored.key] = stored
            self._sorted = None
        return stored

    def delete(self, key: str) -> None:
        with self._lock:
            self._objects.pop(key, None)
            self._sorted = None

    def get(self, key: str) -> StoredObject | None:
        with self._lock:
            return self._objects.get(key)

    def objects(self) -> list[StoredObject]:
        """Not to be changed; in the order of the keys' bytes."""
        with self._lock:
            if self._sorted is None:
                self._sorted = sorted(self._objects.values(), key=lambda stored: key_bytes(stored.key))
            return self._sorted
