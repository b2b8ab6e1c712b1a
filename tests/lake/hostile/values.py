"""Values that their type does not hold, types that nobody knows, and keys that nobody has."""

import struct

import pyarrow as pa

from ..files import parquet
from .case import Case, Rows, Skipped
from .raw import BYTE_ARRAY, FIXED, INT32, INT64, INT96, Column, edit, file_of, page
from .thrift import BINARY, STRUCT

_UTF8, _DECIMAL, _INTERVAL = 0, 5, 21
_BAD_TEXT = b"\2\0\0\0\xff\xfe"


def _value(payload: bytes, **more) -> bytes:
    return file_of([Column([page(payload, 1)], 1, **more)], 1)


def _int96(day: int, nanoseconds: int = 0) -> bytes:
    return _value(struct.pack("<qi", nanoseconds, day), type=INT96)


def _bad_text_of(count: int) -> bytes:
    """The last of many values is no text."""
    payload = b"\2\0\0\0ab" * (count - 1) + _BAD_TEXT
    column = Column([page(payload, count)], count, type=BYTE_ARRAY, converted=_UTF8)
    return file_of([column], count)


def _encrypted_columns() -> bytes:
    """The footer is legible and says how the columns are encrypted."""
    body = parquet({"c": pa.array([1])})
    return edit(body, lambda footer: footer.__setitem__(8, (STRUCT, {1: (STRUCT, {2: (BINARY, b"x" * 8)})})))


def _nan_statistics() -> bytes:
    def change(footer):
        nan = struct.pack("<d", float("nan"))
        footer[4][1].items[0][1][1].items[0][3][1][12] = (
            STRUCT,
            {5: (BINARY, nan), 6: (BINARY, b"no double")},
        )

    return edit(parquet({"c": pa.array([1.5, float("nan")])}), change)


CASES = {
    "bad_utf8_value": Case(lambda: _value(_BAD_TEXT, type=BYTE_ARRAY, converted=_UTF8), Skipped("UTF8")),
    "bad_utf8_last_value": Case(lambda: _bad_text_of(50_000), Skipped("UTF8")),
    "bytes_that_are_no_text": Case(
        lambda: _value(_BAD_TEXT, type=BYTE_ARRAY), Rows(1, ["c"], [{"c": b"\xff\xfe"}])
    ),
    "int96_year_9999": Case(lambda: _int96(5373484), Skipped("outside of the years 1677 to 2262")),
    "int96_negative": Case(lambda: _int96(-5), Skipped("outside of the years 1677 to 2262")),
    "int96_more_than_a_day": Case(lambda: _int96(2440588, 1 << 62), Rows(1)),  # in the year 2116
    "decimal_overflow": Case(
        lambda: _value((123456).to_bytes(4, "little"), type=INT32, converted=_DECIMAL, precision=5),
        Skipped("precision"),
    ),
    "decimal_overflow_fixed": Case(
        lambda: _value(b"\x7f" * 16, type=FIXED, type_length=16, converted=_DECIMAL, precision=5),
        Skipped("precision"),
    ),
    "decimal_of_precision_0": Case(
        lambda: _value(b"\1\0\0\0", type=INT32, converted=_DECIMAL, precision=0), Skipped("precision")
    ),
    "decimal_of_precision_200": Case(
        lambda: _value(b"\1" * 16, type=FIXED, type_length=16, converted=_DECIMAL, precision=200),
        Skipped("precision"),
    ),
    "interval_of_4_bytes": Case(
        lambda: _value(b"\1" * 4, type=FIXED, type_length=4, converted=_INTERVAL), Skipped("")
    ),
    "unknown_logical_type": Case(
        lambda: _value(b"\5" + b"\0" * 7, type=INT64, logical={99: (STRUCT, {})}), Rows(1, ["c"], [{"c": 5}])
    ),
    "unknown_converted_type": Case(
        lambda: _value(b"\5" + b"\0" * 7, type=INT64, converted=99), Skipped("UNKNOWN cannot be applied")
    ),
    "statistics_nan": Case(_nan_statistics, Rows(2, ["c"])),
    "encrypted_columns": Case(_encrypted_columns, Skipped("encrypted")),
}
