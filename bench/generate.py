"""Makes the data sets of the benchmark: the same seed and scale give the same rows.

    generate.py SET --scale F --folder FOLDER
    generate.py SET --scale F --endpoint URL --bucket NAME

wide   16 files of 500,000 rows with 12 mixed columns under one prefix
many   200 prefixes with 25 files of 2,000 rows each
big    one file of 12,000,000 rows in row groups of a million, about 1 GB

The scale multiplies the number of files of wide, of prefixes of many and of rows of big.
"""

import argparse
import json
import pathlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 20261101
ROW_GROUP_ROWS = 1_000_000
NOON = 1_793_534_400_000_000  # 2026-11-01 12:00 UTC in microseconds


@dataclass(frozen=True)
class File:
    key: str
    chunks: list[int]  # rows of each row group
    make: object  # (rng, first row, rows) -> pa.Table
    compression: str
    seed: tuple[int, ...]

    def write(self, path: pathlib.Path) -> int:
        rng = np.random.default_rng((SEED, *self.seed))
        writer, first = None, 0
        for rows in self.chunks:
            table = self.make(rng, first, rows)
            writer = writer or pq.ParquetWriter(path, table.schema, compression=self.compression)
            writer.write_table(table, row_group_size=rows)
            first += rows
        writer.close()
        return first


def hex_text(rng: np.random.Generator, rows: int, width: int) -> pa.Array:
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    data = digits[rng.integers(0, 16, rows * width, np.uint8)]
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def choice(rng: np.random.Generator, rows: int, words: list[str], nulls: float = 0) -> pa.Array:
    indices = rng.integers(0, len(words), rows, np.int32)
    mask = rng.random(rows) < nulls if nulls else None
    return pa.DictionaryArray.from_arrays(pa.array(indices, mask=mask), pa.array(words)).cast(pa.string())


def lists(rng: np.random.Generator, rows: int, words: list[str]) -> pa.Array:
    lengths = rng.integers(0, 4, rows, np.int32)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), choice(rng, int(offsets[-1]), words))


def decimals(rng: np.random.Generator, rows: int) -> pa.Array:
    cents = np.zeros((rows, 2), np.int64)  # low and high half of each 128-bit value
    cents[:, 0] = rng.integers(0, 10_000_000, rows)
    return pa.Array.from_buffers(pa.decimal128(12, 2), rows, [None, pa.py_buffer(cents)])


def times(rng: np.random.Generator, rows: int, unit: str = "us") -> pa.Array:
    micros = np.sort(rng.integers(NOON, NOON + 86_400_000_000, rows))
    return pa.array(micros, pa.timestamp("us", "UTC")).cast(pa.timestamp(unit, "UTC"), safe=False)


def wide_rows(rng: np.random.Generator, first: int, rows: int) -> pa.Table:
    return pa.table(
        {
            "order_id": pa.array(np.arange(first, first + rows)),
            "customer_id": pa.array(rng.integers(0, 200_000, rows, np.int32)),
            "quantity": pa.array(rng.integers(1, 50, rows, np.int16)),
            "amount": decimals(rng, rows),
            "weight": pa.array(rng.normal(10, 3, rows)),
            "discount": pa.array(rng.random(rows, np.float32), mask=rng.random(rows) < 0.3),
            "paid": pa.array(rng.random(rows) < 0.9),
            "status": choice(rng, rows, ["new", "packed", "sent", "delivered", "returned"]),
            "country": choice(rng, rows, ["DE", "FR", "JP", "US", "BR", "IN", "KE"], nulls=0.05),
            "reference": hex_text(rng, rows, 16),
            "placed_at": times(rng, rows),
            "tags": lists(rng, rows, [f"tag-{i}" for i in range(40)]),
        }
    )


def many_rows(rng: np.random.Generator, first: int, rows: int) -> pa.Table:
    del first
    return pa.table(
        {
            "at": times(rng, rows, "ms"),
            "path": choice(rng, rows, [f"/shop/page/{i}" for i in range(500)]),
            "status": choice(rng, rows, ["200", "304", "404", "500"]),
            "bytes": pa.array(rng.integers(100, 1_000_000, rows)),
            "seconds": pa.array(rng.exponential(0.1, rows)),
            "agent": choice(rng, rows, [f"agent/{i}.0" for i in range(60)], nulls=0.1),
            "client": pa.array(rng.integers(0, 2**31 - 1, rows, np.int32)),
            "request_id": hex_text(rng, rows, 16),
        }
    )


def big_rows(rng: np.random.Generator, first: int, rows: int) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(np.arange(first, first + rows)),
            "sensor": pa.array(rng.integers(0, 2**31 - 1, rows, np.int32)),
            "at": times(rng, rows),
            "x": pa.array(rng.random(rows)),
            "y": pa.array(rng.random(rows)),
            "z": pa.array(rng.random(rows)),
            "payload": hex_text(rng, rows, 40),
        }
    )


def wide(scale: float) -> Iterator[File]:
    total = max(1, round(16 * 500_000 * scale))
    count = max(1, round(16 * scale))
    for i in range(count):
        rows = total // count
        yield File(f"wide/part-{i:04}.parquet", [rows], wide_rows, "zstd", (1, i))


def many(scale: float) -> Iterator[File]:
    for prefix in range(max(1, round(200 * scale))):
        for part in range(25):
            key = f"many/day-{prefix:04}/part-{part:02}.parquet"
            yield File(key, [2_000], many_rows, "snappy", (2, prefix, part))


def big(scale: float) -> Iterator[File]:
    total = max(1, round(12_000_000 * scale))
    full, rest = divmod(total, ROW_GROUP_ROWS)
    chunks = [ROW_GROUP_ROWS] * full + ([rest] if rest else [])
    yield File("big/all.parquet", chunks, big_rows, "snappy", (3,))


SETS = {"wide": wide, "many": many, "big": big}


def to_folder(files: Iterator[File], folder: pathlib.Path) -> dict[str, int]:
    total = {"objects": 0, "rows": 0, "bytes": 0}
    for file in files:
        path = folder / file.key
        path.parent.mkdir(parents=True, exist_ok=True)
        total["rows"] += file.write(path)
        total["objects"] += 1
        total["bytes"] += path.stat().st_size
    return total


def to_bucket(files: Iterator[File], s3, bucket: str) -> dict[str, int]:
    """Makes the bucket and fills it; one temporary file at a time."""
    total = {"objects": 0, "rows": 0, "bytes": 0}
    s3.create_bucket(Bucket=bucket)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "object.parquet"
        for file in files:
            total["rows"] += file.write(path)
            total["objects"] += 1
            total["bytes"] += path.stat().st_size
            s3.upload_file(str(path), bucket, file.key)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("set", choices=sorted(SETS))
    parser.add_argument("--scale", type=float, default=1.0, help="fraction or multiple of the full size")
    parser.add_argument("--folder", type=pathlib.Path, help="write below this folder")
    parser.add_argument("--endpoint", help="write to this S3 service (credentials: environment)")
    parser.add_argument("--bucket", help="the bucket to make and fill")
    options = parser.parse_args()
    if bool(options.folder) == bool(options.endpoint) or bool(options.endpoint) != bool(options.bucket):
        parser.error("give either --folder, or --endpoint and --bucket")
    files = SETS[options.set](options.scale)
    if options.folder:
        total = to_folder(files, options.folder)
    else:
        s3 = boto3.client("s3", endpoint_url=options.endpoint, region_name="us-east-1")
        total = to_bucket(files, s3, options.bucket)
    print(json.dumps(total))


if __name__ == "__main__":
    main()
