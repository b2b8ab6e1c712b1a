"""A small lake as people have them: nested prefixes, date folders, files of other kinds, one broken."""

import datetime as dt
import json

import pyarrow as pa

from .files import parquet, truncated
from .s3_server import Bucket

BROKEN_KEY = "web/clicks/2024-05-03/part-0.parquet"


def fill(bucket: Bucket) -> dict[str, list[dict]]:
    """Stores the lake and returns the rows of each table a sync finds."""
    expected: dict[str, list[dict]] = {}
    for day in (1, 2):
        for part in (0, 1):
            rows = _clicks(day, part)
            bucket.put(f"web/clicks/2024-05-0{day}/part-{part}.parquet", _body(rows))
            expected.setdefault(f"web_clicks_2024_05_0{day}", []).extend(rows)
    orders = _orders()
    for part, rows in enumerate((orders[:3], orders[3:])):
        bucket.put(f"shop/orders/year=2024/part-{part}.PARQUET", _body(rows, compression="zstd"))
    expected["shop_orders_year_2024"] = orders
    customers = [{"id": 1, "name": "Zoë"}, {"id": 2, "name": "O'Hara"}, {"id": 3, "name": None}]
    bucket.put("customers.parquet", _body(customers))
    expected["customers"] = customers
    bucket.put(BROKEN_KEY, truncated(_body(_clicks(3, 0))))
    bucket.put("shop/README.md", b"# What is in here\n")
    bucket.put("shop/orders/_SUCCESS", b"")
    bucket.put("shop/orders/year=2024/manifest.json", json.dumps({"parts": 2}).encode())
    return expected


def _body(rows: list[dict], **options) -> bytes:
    return parquet(pa.Table.from_pylist(rows), **options)


def _clicks(day: int, part: int) -> list[dict]:
    noon = dt.datetime(2024, 5, day, 12, tzinfo=dt.UTC)
    return [
        {
            "id": day * 100 + part * 10 + i,
            "at": noon + dt.timedelta(seconds=i, microseconds=123),
            "path": f'/page/{i}?q="a\\b"',
            "took_ms": None if i == 2 else i * 1.5,
        }
        for i in range(5)
    ]


def _orders() -> list[dict]:
    return [
        {
            "id": i,
            "total": i * 10.25,
            "paid": i % 2 == 0,
            "items": [f"item {n}" for n in range(i % 3)],
            "on": dt.date(2024, 1, 1) + dt.timedelta(days=i),
        }
        for i in range(5)
    ]
