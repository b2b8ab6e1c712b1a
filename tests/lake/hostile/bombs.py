"""Small files that come to much: pages, dictionaries, values and rows without end."""

import pyarrow as pa

from ..files import parquet
from .case import Case, Rows, Skipped
from .raw import (
    BYTE_ARRAY,
    DICTIONARY,
    DICTIONARY_PAGE,
    INT64,
    PLAIN,
    RLE,
    Column,
    file_of,
    page,
)

MIB = 1 << 20
_TOO_LARGE = Skipped("decoding it takes more than the limit")


def _zeros(mib: int, name: str = "c", **claims) -> Column:
    """A column of one page of zeros."""
    values = mib * MIB // 8
    return Column(
        [page(b"\0" * (mib * MIB), values, codec="zstd")], values, name=name, codec="zstd", **claims
    )


def _pages_in_all_columns() -> bytes:
    """Each of the pages is harmless, all of them at once are not."""
    one = _zeros(32)
    columns = [Column(one.pages, one.values, name=f"c{i}", codec="zstd") for i in range(100)]
    return file_of(columns, one.values)


def _one_page() -> bytes:
    one = _zeros(512)
    return file_of([one], one.values)


def _texts(count: int, mib: int) -> Column:
    value = (mib * MIB).to_bytes(4, "little") + b"x" * (mib * MIB)
    pages = [page(value, 1, codec="zstd")] * count
    size = count * (4 + mib * MIB)
    return Column(pages, count, type=BYTE_ARRAY, codec="zstd", converted=0, uncompressed=size)


def _texts_in_one_page(count: int, mib: int, **claims) -> bytes:
    value = (mib * MIB).to_bytes(4, "little") + b"x" * (mib * MIB)
    one = page(value * count, count, codec="zstd")
    return file_of([Column([one], count, type=BYTE_ARRAY, codec="zstd", converted=0, **claims)], count)


def _footer_that_belittles(count: int, mib: int) -> bytes:
    """Nobody who trusts the footer expects a page of this size."""
    return _texts_in_one_page(count, mib, uncompressed=10)


def _run(bit_width: int, value: int, count: int) -> bytes:
    """Indices of a dictionary: one value so many times."""
    run = count << 1
    out = bytearray([bit_width])
    while run > 0x7F:
        out.append(run & 0x7F | 0x80)
        run >>= 7
    out.append(run)
    return bytes(out) + value.to_bytes((bit_width + 7) // 8, "little")


def _dictionary(values: int, value_bytes: int, rows: int) -> bytes:
    value = value_bytes.to_bytes(4, "little") + b"x" * value_bytes
    pages = [
        page(value * values, values, kind=DICTIONARY_PAGE, codec="zstd"),
        page(_run(16, 1, rows), rows, encoding=DICTIONARY, codec="zstd"),
    ]
    column = Column(pages, rows, type=BYTE_ARRAY, codec="zstd", converted=0, dictionary=True)
    column.encodings = [PLAIN, RLE, DICTIONARY]
    return file_of([column], rows)


def _rows(count: int) -> bytes:
    """Eight bytes of dictionary, and one run."""
    pages = [
        page(b"\7" + b"\0" * 7, 1, kind=DICTIONARY_PAGE),
        page(_run(1, 0, count), count, encoding=DICTIONARY),
    ]
    column = Column(pages, count, type=INT64, dictionary=True, encodings=[PLAIN, RLE, DICTIONARY])
    return file_of([column], count)


def _nested_list() -> bytes:
    """One row of 10 million elements."""
    count = 10_000_000
    offsets = pa.array([0, count], pa.int32())
    return parquet({"c": pa.ListArray.from_arrays(offsets, pa.nulls(count, pa.int8()).fill_null(0))})


CASES = {
    "bomb_100cols_x_32MB_page": Case(_pages_in_all_columns, _TOO_LARGE),
    "bomb_512MB_1page": Case(_one_page, _TOO_LARGE),
    "bomb_footer_belittles_a": Case(lambda: _footer_that_belittles(5, 60), _TOO_LARGE),
    "bomb_footer_belittles_b": Case(lambda: _footer_that_belittles(5, 60), _TOO_LARGE),
    "bomb_footer_belittles_c": Case(lambda: _footer_that_belittles(2, 40), Rows(2)),
    "bomb_footer_belittles_d": Case(lambda: _footer_that_belittles(2, 40), Rows(2)),
    "bomb_8x64MB_strings": Case(lambda: file_of([_texts(8, 64)], 8), _TOO_LARGE),
    "bomb_8x40MB_strings": Case(lambda: file_of([_texts(8, 40)], 8), Rows(8)),
    "bomb_8x64MB_strings_1page": Case(lambda: _texts_in_one_page(8, 64), _TOO_LARGE),
    "bomb_dictpage_128MB": Case(lambda: _dictionary(4000, 32 << 10, 4000), _TOO_LARGE),
    "bomb_dictpage_32MB": Case(lambda: _dictionary(1000, 32 << 10, 1000), Rows(1000)),
    "bomb_dictionary_x_rows": Case(lambda: _dictionary(4, 1 << 20, 100), Rows(100)),
    "bomb_rows": Case(lambda: _rows(3_000_000), Rows(3_000_000)),
    "bomb_nested_list": Case(_nested_list, Rows(1)),
    "row_above_a_message": Case(lambda: file_of([_texts(1, 101)], 1), _TOO_LARGE),
}
