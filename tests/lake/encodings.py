"""The same rows in every encoding, compression and page layout."""

import decimal

import pyarrow as pa

from .files import parquet

ROWS = 1000

_DELTA = {
    "id": "DELTA_BINARY_PACKED",
    "small": "DELTA_BINARY_PACKED",
    "text": "DELTA_BYTE_ARRAY",
    "blob": "DELTA_LENGTH_BYTE_ARRAY",
}
_SPLIT = {name: "BYTE_STREAM_SPLIT" for name in ("id", "small", "ratio", "double", "money")}

VARIANTS: dict[str, dict] = {
    "default": {},
    "plain": {"use_dictionary": False, "compression": "none"},
    "gzip": {"compression": "gzip"},
    "brotli": {"compression": "brotli"},
    "zstd": {"compression": "zstd"},
    "lz4": {"compression": "lz4"},
    "pages_v2": {"data_page_version": "2.0", "compression": "snappy"},
    "small_pages": {"data_page_size": 64, "write_batch_size": 10, "write_page_index": True},
    "row_groups": {"row_group_size": 7},
    "checksums": {"write_page_checksum": True},
    "delta": {"use_dictionary": False, "column_encoding": _DELTA},
    "split": {"use_dictionary": False, "column_encoding": _SPLIT},
    "format_1": {"version": "1.0"},
    "no_arrow_schema": {"store_schema": False},
    "no_statistics": {"write_statistics": False},
}


def table() -> pa.Table:
    numbers = range(ROWS)
    return pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "small": pa.array([None if i % 5 == 0 else i % 100 for i in numbers], pa.int32()),
            "flag": pa.array([i % 3 == 0 for i in numbers]),
            "ratio": pa.array([i / 7 for i in numbers], pa.float32()),
            "double": pa.array([None if i % 11 == 0 else i * 1e-3 for i in numbers], pa.float64()),
            "text": pa.array([None if i % 13 == 0 else f"text {i % 50}" for i in numbers]),
            "blob": pa.array([bytes([i % 256]) * (i % 4) for i in numbers], pa.binary()),
            "money": pa.array([decimal.Decimal(i) / 4 for i in numbers], pa.decimal128(25, 2)),
            "items": pa.array([list(range(i % 4)) for i in numbers], pa.list_(pa.int64())),
        }
    )


def files() -> dict[str, bytes]:
    return {variant: parquet(table(), **options) for variant, options in VARIANTS.items()}
