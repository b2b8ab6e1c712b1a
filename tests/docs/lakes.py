"""What the buckets of the pages hold."""

import random
import sys

import pyarrow as pa
from blocks import ROOT
from lake import all_types, small_lake
from lake.files import numbers, parquet
from lake.s3_server import Bucket

sys.path.append(str(ROOT / "scripts"))
import demo_lake  # noqa: E402


def demo(bucket: Bucket) -> None:
    """The lake of `make demo`."""
    for key, body in demo_lake.first_objects(random.Random("first")).items():
        bucket.put(key, body)


def demo_more(bucket: Bucket) -> None:
    """The file that arrives there between two syncs."""
    rows = demo_lake.orders(random.Random("more"), 150000, 10000)
    bucket.put("sales/orders/part-0005.parquet", demo_lake.parquet(rows))


def small(bucket: Bucket) -> None:
    """A few tables, all readable: what a configuration is tried on."""
    for key in ("data/2024/01/a.parquet", "data/2024/01/b.parquet", "data/2024/02/a.parquet"):
        bucket.put(key, parquet(numbers(len(key), 10)))
    bucket.put("logs/access.parquet", parquet(numbers(0, 5)))


def broken(bucket: Bucket) -> None:
    """Some tables, and a file that is none."""
    small_lake.fill(bucket)


def types(bucket: Bucket) -> None:
    bucket.put("types/all.parquet", parquet(all_types.table()))


def disagreeing(bucket: Bucket) -> None:
    """Two files of one table whose columns differ, and a table that is right."""
    bucket.put("people/a.parquet", parquet(pa.table({"id": [1], "zip": [80331], "city": ["München"]})))
    bucket.put("people/b.parquet", parquet(pa.table({"id": [2], "zip": ["SW1A 1AA"]})))
    bucket.put("logs/access.parquet", parquet(numbers(0, 5)))


def fill(bucket: Bucket, lake: str) -> None:
    globals()[lake.replace("-", "_")](bucket)
