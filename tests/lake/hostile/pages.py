"""Pages whose content breaks the rules of their encoding."""

from .case import Case, Skipped
from .raw import (
    BYTE_ARRAY,
    DATA_PAGE_V2,
    DELTA,
    DELTA_BYTES,
    DELTA_LENGTH,
    DICTIONARY,
    DICTIONARY_PAGE,
    FIXED,
    INDEX_PAGE,
    INT32,
    INT64,
    OPTIONAL,
    PLAIN,
    REPEATED,
    RLE,
    SPLIT,
    Column,
    file_of,
    page,
)
from .thrift import integer, varint

_MALFORMED = Skipped("cannot be read as Parquet")
_TOO_LARGE = Skipped("decoding it takes more than the limit")
_HUGE = (1 << 31) - 1


def _column(payload: bytes, values: int, *, type: int = INT64, encoding: int = PLAIN, **more) -> bytes:
    kind = more.pop("kind", 0)
    v2 = more.pop("v2", None)
    crc = more.pop("crc", None)
    one = page(payload, values, kind=kind, encoding=encoding, v2=v2, crc=crc)
    return file_of([Column([one], values, type=type, **more)], values)


def _levels(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "little") + payload


def _indices(indices: bytes, rows: int = 8) -> bytes:
    """Of a dictionary of one value."""
    pages = [
        page(b"\1\0\0\0a", 1, kind=DICTIONARY_PAGE),
        page(indices, rows, encoding=DICTIONARY),
    ]
    column = Column(pages, rows, type=BYTE_ARRAY, dictionary=True, encodings=[PLAIN, RLE, DICTIONARY])
    return file_of([column], rows)


def _delta(block: int, parts: int, values: int, rest: bytes = b"") -> bytes:
    return varint(block) + varint(parts) + varint(values) + integer(0) + rest


def _two_dictionaries() -> bytes:
    pages = [page(b"\1\0\0\0a", 1, kind=DICTIONARY_PAGE)] * 2 + [page(b"\1\x10\0", 8, encoding=DICTIONARY)]
    return file_of([Column(pages, 8, type=BYTE_ARRAY, dictionary=True)], 8)


def _no_data_page() -> bytes:
    return file_of([Column([page(b"x" * 100, 1, kind=INDEX_PAGE)], 8)], 8)


_BAD_LEVELS = (1 << 31).to_bytes(4, "little") + b"\2\1" + b"\0" * 80
_EIGHT = b"\0" * 64

CASES = {
    "page_crc_wrong": Case(lambda: _column(_EIGHT, 8, crc=1234567), Skipped("CRC")),
    "page_unknown_encoding": Case(lambda: _column(_EIGHT, 8, encoding=99), _MALFORMED),
    "page_unknown_kind": Case(lambda: _column(_EIGHT, 8, kind=77), _MALFORMED),
    "page_encoding_of_another_type": Case(lambda: _column(_EIGHT, 8, encoding=DELTA_BYTES), _MALFORMED),
    "page_too_short": Case(lambda: _column(_EIGHT[:60], 8), _MALFORMED),
    "page_levels_beyond_the_page": Case(lambda: _column(_BAD_LEVELS, 8, repetition=OPTIONAL), _MALFORMED),
    "page_levels_missing": Case(lambda: _column(b"", 8, repetition=OPTIONAL), _MALFORMED),
    "page_level_above_the_highest": Case(
        lambda: _column(_levels(b"\x10\xff") + _EIGHT, 8, repetition=OPTIONAL), _MALFORMED
    ),
    "page_repetition_without_a_row": Case(
        lambda: _column(_levels(b"\x10\1") + _levels(b"\x10\1") + _EIGHT, 8, repetition=REPEATED), _MALFORMED
    ),
    "page_v2_levels_beyond_the_page": Case(
        lambda: _column(_EIGHT, 8, kind=DATA_PAGE_V2, v2=(_HUGE, _HUGE), repetition=OPTIONAL), _MALFORMED
    ),
    "page_v2_levels_negative": Case(
        lambda: _column(_EIGHT, 8, kind=DATA_PAGE_V2, v2=(-8, 8), repetition=OPTIONAL), _MALFORMED
    ),
    "page_bytes_beyond_the_page": Case(
        lambda: _column(b"\xff\xff\xff\x7fabc", 1, type=BYTE_ARRAY), _MALFORMED
    ),
    "page_bytes_of_negative_length": Case(
        lambda: _column(b"\xff\xff\xff\xffabc", 1, type=BYTE_ARRAY), _MALFORMED
    ),
    "page_index_outside_of_the_dictionary": Case(lambda: _indices(b"\x10\x10\x07\0"), _MALFORMED),
    "page_index_of_255_bits": Case(lambda: _indices(b"\xff\x10\0\0\0\0"), _MALFORMED),
    "page_indices_end_early": Case(lambda: _indices(b"\1\x04\0"), _MALFORMED),
    "page_indices_missing": Case(lambda: _indices(b""), _MALFORMED),
    "page_two_dictionaries": Case(_two_dictionaries, _MALFORMED),
    "page_no_data": Case(_no_data_page, _MALFORMED),
    "page_delta_block_0": Case(lambda: _column(_delta(0, 0, 8), 8, encoding=DELTA), _MALFORMED),
    "page_delta_block_2e31": Case(lambda: _column(_delta(_HUGE + 1, 4, 8), 8, encoding=DELTA), _MALFORMED),
    "page_delta_255_bits": Case(
        lambda: _column(_delta(128, 4, 8, integer(0) + b"\xff" * 4), 8, encoding=DELTA), _MALFORMED
    ),
    "page_delta_length_negative": Case(
        lambda: _column(
            _delta(128, 4, 1)[:-1] + integer(-5) + b"abc", 1, type=BYTE_ARRAY, encoding=DELTA_LENGTH
        ),
        _MALFORMED,
    ),
    "page_delta_length_2e31": Case(
        lambda: _column(
            _delta(128, 4, 1)[:-1] + integer(_HUGE) + b"abc", 1, type=BYTE_ARRAY, encoding=DELTA_LENGTH
        ),
        _MALFORMED,
    ),
    "page_delta_prefix_of_nothing": Case(
        lambda: _column(
            _delta(128, 4, 1)[:-1] + integer(7) + _delta(128, 4, 1)[:-1] + integer(1) + b"a",
            1,
            type=BYTE_ARRAY,
            encoding=DELTA_BYTES,
        ),
        _MALFORMED,
    ),
    "page_split_of_half_a_value": Case(lambda: _column(_EIGHT[:61], 8, encoding=SPLIT), _MALFORMED),
    "page_of_fixed_length_negative": Case(lambda: _column(_EIGHT, 8, type=FIXED, type_length=-8), _MALFORMED),
    "page_of_fixed_length_2e31": Case(lambda: _column(_EIGHT, 8, type=FIXED, type_length=_HUGE), _TOO_LARGE),
    "page_of_int32_in_int64": Case(lambda: _column(_EIGHT[:32], 8, type=INT64), _MALFORMED),
    "page_header_missing": Case(lambda: file_of([Column([b"\xff" * 64], 8, type=INT32)], 8), _MALFORMED),
}
