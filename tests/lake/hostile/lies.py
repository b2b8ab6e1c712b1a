"""Footers and page headers that are not true."""

import pyarrow as pa

from ..files import parquet
from .case import Case, Rows, Skipped
from .raw import DELTA, Column, column_metadata, edit, file_of, page, row_group
from .thrift import I32, I64, integer, varint

_MALFORMED = Skipped("cannot be read as Parquet")
_TOO_LARGE = Skipped("decoding it takes more than the limit")
_ZEROS = b"\0" * 4000
_GOOD = parquet({"c": pa.array(range(500))}, compression="none", use_dictionary=False)


def _one_page(**claims) -> bytes:
    codec = claims.pop("codec", "none")
    return file_of([Column([page(_ZEROS, 500, codec=codec, **claims)], 500, codec=codec)], 500)


def _many_values(payload: bytes, encoding: int = 0) -> bytes:
    count = 1_000_000_000
    return file_of([Column([page(payload, count, encoding=encoding)], count)], count)


def _delta() -> bytes:
    """The head of a block: its size, of how many parts, how many values, the first one."""
    return varint(128) + varint(4) + varint(1_000_000_000) + integer(0) + integer(0) + bytes(4)


def _chunk(field: int, value: int, type: int = I64) -> bytes:
    return edit(_GOOD, lambda footer: column_metadata(footer).__setitem__(field, (type, value)))


def _group(field: int, value: int) -> bytes:
    return edit(_GOOD, lambda footer: row_group(footer).__setitem__(field, (I64, value)))


def _same_bytes_in_many_columns() -> bytes:
    """Each of the columns lies where the first does."""
    column = Column([page(b"\0" * (1 << 20), 1 << 17)], 1 << 17)
    body = file_of([column] + [Column(column.pages, 1 << 17, name=f"c{i}") for i in range(2)], 1 << 17)

    def move(footer):
        first = column_metadata(footer)[9]
        for i in range(3):
            column_metadata(footer, i)[9] = first
            column_metadata(footer, i)[7] = (I64, len(body))

    return edit(body, move)


def _columns_of_a_group() -> bytes:
    """The row group has no columns, the schema has."""
    return edit(_GOOD, lambda footer: row_group(footer)[1][1].items.clear())


CASES = {
    "lie_uncompressed_2GB_zstd": Case(
        lambda: _one_page(codec="zstd", uncompressed=(1 << 31) - 1), _TOO_LARGE
    ),
    "lie_uncompressed_2GB_snappy": Case(
        lambda: _one_page(codec="snappy", uncompressed=(1 << 31) - 1), _TOO_LARGE
    ),
    "lie_uncompressed_small_snappy": Case(lambda: _one_page(codec="snappy", uncompressed=10), _MALFORMED),
    "lie_uncompressed_small_zstd": Case(lambda: _one_page(codec="zstd", uncompressed=10), _MALFORMED),
    "lie_uncompressed_negative": Case(lambda: _one_page(codec="snappy", uncompressed=-5), _MALFORMED),
    "lie_compressed_2GB": Case(lambda: _one_page(compressed=(1 << 31) - 1), _MALFORMED),
    "lie_compressed_negative": Case(lambda: _one_page(compressed=-5), _MALFORMED),
    "lie_numvalues_plain_1e9": Case(lambda: _many_values(_ZEROS), _MALFORMED),
    "lie_numvalues_delta_1e9": Case(lambda: _many_values(_delta(), DELTA), _MALFORMED),
    "lie_numvalues_negative": Case(lambda: file_of([Column([page(_ZEROS, -1)], 500)], 500), _MALFORMED),
    "lie_chunk_values_negative": Case(lambda: _chunk(5, -1), _MALFORMED),
    "lie_chunk_size_negative": Case(lambda: _chunk(7, -1), Skipped("lies outside of the file")),
    "lie_chunk_size_2e62": Case(lambda: _chunk(7, 1 << 62), Skipped("lies outside of the file")),
    "lie_chunk_offset_negative": Case(lambda: _chunk(9, -(1 << 40)), Skipped("lies outside of the file")),
    "lie_chunk_offset_2e62": Case(lambda: _chunk(9, 1 << 62), Skipped("lies outside of the file")),
    "lie_chunk_offset_in_footer": Case(lambda: _chunk(9, len(_GOOD) - 8), _MALFORMED),
    "lie_dictionary_offset": Case(lambda: _chunk(11, -7), Rows(500)),  # some writers write 0 for none
    "lie_codec": Case(lambda: _chunk(4, 99, I32), _MALFORMED),
    "lie_codec_lzo": Case(lambda: _chunk(4, 3, I32), _MALFORMED),
    "lie_type": Case(lambda: _chunk(1, 99, I32), _MALFORMED),
    "lie_other_type": Case(lambda: _chunk(1, 6, I32), _MALFORMED),
    "lie_rows_of_group_more": Case(lambda: _group(3, 501), Skipped("footer announces 501 rows")),
    "lie_rows_of_group_2e62": Case(lambda: _group(3, 1 << 62), Skipped("footer announces")),
    "lie_rows_of_group_negative": Case(lambda: _group(3, -1), Skipped("claims -1 rows")),
    "lie_columns_of_group": Case(_columns_of_a_group, _MALFORMED),
    "lie_chunks_overlap": Case(_same_bytes_in_many_columns, _MALFORMED),
}
