"""Objects whose rows tell which object, and which version of it, they are of."""

import functools
import random
import zlib

import pyarrow as pa
from fake_s3 import Bucket

from .files import parquet

SMALL_ROWS = 20
LARGE_ROWS = 72
LARGE_TEXT_BYTES = 128 << 10  # 9 MiB in all: more than is read as a whole
Row = tuple[str, int, int]  # key, version, number


def is_large(key: str) -> bool:
    return key.endswith("/large.parquet")


def row_count(key: str) -> int:
    return LARGE_ROWS if is_large(key) else SMALL_ROWS


def rows_of(key: str, version: int = 1) -> set[Row]:
    return {(key, version, number) for number in range(row_count(key))}


@functools.lru_cache(maxsize=256)
def body_of(key: str, version: int = 1) -> bytes:
    """Versions differ in every page, and not in size where the key is that of a large object."""
    count = row_count(key)
    dice = random.Random(f"{key} {version}")
    texts = [dice.randbytes(LARGE_TEXT_BYTES if is_large(key) else 32) for _ in range(count)]
    table = pa.table(
        {
            "object": pa.array([key.encode(errors="surrogateescape").hex()] * count),
            "version": pa.array([version] * count, pa.int64()),
            "number": pa.array(range(count), pa.int64()),
            "text": pa.array(texts, pa.binary()),
            "check": pa.array([_check(version, i, text) for i, text in enumerate(texts)], pa.int64()),
        }
    )
    return parquet(
        table,
        compression="none",
        use_dictionary=False,
        write_statistics=False,
        row_group_size=count // (12 if is_large(key) else 2),
        data_page_size=1 << 20,
    )


def _check(version: int, number: int, text: bytes) -> int:
    return zlib.crc32(b"%d %d " % (version, number) + text)


def rows_in(batch: pa.RecordBatch) -> list[Row]:
    """The rows of a batch, each of which must be whole."""
    rows = []
    columns = [batch.column(name) for name in ("object", "version", "number", "text", "check")]
    for key, version, number, text, check in zip(*(column.to_pylist() for column in columns), strict=True):
        assert check == _check(version, number, text), f"bytes of two versions in row {number} of {key}"
        rows.append((bytes.fromhex(key).decode(errors="surrogateescape"), version, number))
    return rows


class Lake:
    """The versions that a bucket holds. Overwriting by a fault makes the next one."""

    def __init__(self, bucket: Bucket, keys: list[str]):
        self.bucket = bucket
        self.versions: dict[str, int] = {}
        bucket.new_version = self._next
        for key in keys:
            bucket.put(key, self._next(key) if key.endswith(".parquet") else b"")

    def _next(self, key: str) -> bytes:
        self.versions[key] = self.versions.get(key, 0) + 1
        return body_of(key, self.versions[key])

    def now(self) -> dict[str, int]:
        """The version of each Parquet object that is there."""
        return {o.key: self.versions[o.key] for o in self.bucket.objects() if o.key in self.versions}


KEYS: dict[str, list[str]] = {
    "empty": [],
    "small": ["a/0.parquet", "a/1.parquet", "a/2.parquet", "b/0.parquet", "b/1.parquet"],
    "large": ["a/0.parquet", "l/large.parquet", "l/small.parquet"],
    "many": [f"t{i % 3}/{i:02}.parquet" for i in range(45)],
    "long listing": [f"logs/{i // 100:04}/{i % 100:02}.json" for i in range(30_000)]
    + [f"logs/{i:04}/rows.parquet" for i in range(0, 300, 50)],
    "odd keys": [
        *("o/per%cent%41.parquet", "o/a+b c.parquet", "o/&<>\"'.parquet", "o/ünï💧.parquet"),
        *("o/nfc-é.parquet", "o/nfd-e\u0301.parquet", "o/tab\tnewline\nreturn\r.parquet"),
        *("o/\x01\x1f.parquet", "o/\ufffe.parquet", "o/ space .parquet", "o/=?#;:@$,!.parquet"),
        *("o//double.parquet", "o/./dot.parquet", "o/x/../up.parquet", "//o/lead.parquet", "soap.parquet"),
        "o/" + "k" * (1024 - 2 - 8) + ".parquet",
        "o/" + "é" * 500 + ".parquet",
    ],
}
