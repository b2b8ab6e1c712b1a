"""Parquet files in memory."""

import io

import pyarrow as pa
import pyarrow.parquet as pq


def parquet(table: pa.Table | dict, **options) -> bytes:
    """The bytes of a Parquet file; a dict of columns is enough. Options are those of write_table."""
    if isinstance(table, dict):
        table = pa.table(table)
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def numbers(first: int, count: int) -> pa.Table:
    """Rows that can be told apart: id first…first+count-1, and a text made of it."""
    ids = range(first, first + count)
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "name": pa.array([name_of(i) for i in ids], pa.string()),
        }
    )


def name_of(number: int) -> str:
    return f"row {number}"


def truncated(body: bytes) -> bytes:
    """The first half: no footer, as after a broken upload."""
    return body[: len(body) // 2]


def corrupt_footer(body: bytes) -> bytes:
    """Both magic numbers are there, what lies before the last one is not Thrift."""
    length = int.from_bytes(body[-8:-4], "little")
    return body[: -8 - length] + b"\xff" * length + body[-8:]
