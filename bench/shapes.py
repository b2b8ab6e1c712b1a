"""More data sets, beside those of generate.py: for memory, and for what grows.

big4      one file of 48,000,000 rows like those of big, about 4 GB
single    one file of 12,000,000 rows in a single row group, about 1 GB
idle      1,000 prefixes with 100 objects of one row each: copies of one file

The scale multiplies rows, and the prefixes of idle. The sets of the growth curves have names like
grow-rows-3 and no scale.
"""

import pathlib
import tempfile
from collections.abc import Iterator

import generate
import numpy as np
import pyarrow as pa
from generate import File

OBJECTS_IN_TABLE = 100
FACTORS = (1, 3, 10)
# What is multiplied: objects in one table, tables of one object, rows of one object, columns.
BASES = {"objects": 1_000, "tables": 300, "rows": 500_000, "columns": 30}


def few_rows(rng: np.random.Generator, first: int, rows: int) -> pa.Table:
    return pa.table({"n": pa.array(np.arange(first, first + rows)), "x": pa.array(rng.random(rows))})


def many_columns(columns: int):
    def make(rng: np.random.Generator, first: int, rows: int) -> pa.Table:
        del first
        return pa.table({f"c{i}": pa.array(rng.random(rows)) for i in range(columns)})

    return make


def big4(scale: float) -> Iterator[File]:
    (file,) = generate.big(4 * scale)
    yield file


def single(scale: float) -> Iterator[File]:
    rows = max(1, round(12_000_000 * scale))
    yield File("single/all.parquet", [rows], generate.big_rows, "snappy", (4,))


FILES = {"big4": big4, "single": single}


def copies(name: str, scale: float) -> tuple[File, list[str]] | None:
    """The file and the keys of a set whose objects are all the same; None for other sets."""
    if name == "idle":
        tables = max(1, round(1_000 * scale))
        keys = [
            f"idle/table-{t:04}/part-{i:03}.parquet" for t in range(tables) for i in range(OBJECTS_IN_TABLE)
        ]
        return File(keys[0], [1], few_rows, "snappy", (5,)), keys
    if not name.startswith("grow-"):
        return None
    _, what, factor = name.split("-")
    size = BASES[what] * int(factor) if what != "nothing" else 1
    if what == "objects":
        keys = [f"one/part-{i:06}.parquet" for i in range(size)]
        return File(keys[0], [100], few_rows, "snappy", (6,)), keys
    if what == "tables":
        keys = [f"table-{i:06}/all.parquet" for i in range(size)]
        return File(keys[0], [100], few_rows, "snappy", (6,)), keys
    key = "one/all.parquet"
    if what == "columns":
        return File(key, [20_000], many_columns(size), "snappy", (7,)), [key]
    return File(key, [size], generate.big_rows, "snappy", (8,)), [key]


def copies_to_bucket(file: File, keys: list[str], s3, bucket: str, store: pathlib.Path) -> dict[str, int]:
    """Puts the first object; the others are hard links to it in the server's store, where an object
    is a file that carries its ETag along."""
    s3.create_bucket(Bucket=bucket)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "object.parquet"
        rows = file.write(path)
        size = path.stat().st_size
        s3.upload_file(str(path), bucket, keys[0])
    first = store / bucket / keys[0]
    for i, key in enumerate(keys[1:]):
        target = store / bucket / key
        target.parent.mkdir(parents=True, exist_ok=True)
        if i % 10_000 == 9_999:  # a file has 65,000 names at most
            s3.upload_file(str(first), bucket, key)
            first = target
        else:
            target.hardlink_to(first)
    return {"objects": len(keys), "rows": rows * len(keys), "bytes": size * len(keys)}
