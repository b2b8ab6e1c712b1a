"""What is no Parquet file, or has no footer that could be read."""

from ..files import corrupt_footer, numbers, parquet, truncated
from .case import Case, Rows, Skipped
from .raw import I32, MAGIC, edit, with_footer
from .thrift import BINARY, I64, LIST, STRUCT, Encoded, List, list_head, varint

_GOOD = parquet(numbers(0, 100))
_TOO_SHORT = Skipped("too few for a Parquet file")
_NO_PARQUET = Skipped("not a Parquet file")
_FOOTER = Skipped("its footer claims")


def _footer_length(length: int) -> bytes:
    return _GOOD[:-8] + length.to_bytes(4, "little") + MAGIC


def _large_metadata() -> bytes:
    """The footer holds it twice: by itself and in the stored Arrow schema."""
    table = numbers(0, 1).replace_schema_metadata({"blob": "x" * (9 << 20)})
    return parquet(table)


def _footer_only(field: int, type: int, value: bytes) -> bytes:
    return with_footer(MAGIC, {1: (I32, 1), field: (type, Encoded(value))})


def _endless_text() -> bytes:
    return _footer_only(6, BINARY, varint((1 << 31) - 1) + b"x")


def _endless_list() -> bytes:
    return _footer_only(2, LIST, list_head(STRUCT, 1_000_000_000))


def _nested_unknown_fields() -> bytes:
    """Field 99 is no field of a footer; a reader skips it, level by level."""
    depth = 1_000_000
    inner = bytes([1 << 4 | STRUCT]) * depth + b"\0" * (depth + 1)
    return edit(_GOOD, lambda footer: footer.__setitem__(99, (STRUCT, Encoded(inner))))


def _nested_unknown_lists() -> bytes:
    inner = list_head(LIST, 1) * 1_000_000 + list_head(I32, 0)
    return edit(_GOOD, lambda footer: footer.__setitem__(99, (LIST, Encoded(inner))))


def _no_schema() -> bytes:
    return edit(_GOOD, lambda footer: footer.__setitem__(2, (LIST, List(STRUCT, []))))


def _negative_rows() -> bytes:
    return edit(_GOOD, lambda footer: footer.__setitem__(3, (I64, -1)))


CASES = {
    "empty": Case(lambda: b"", _TOO_SHORT),
    "magic_only": Case(lambda: MAGIC, _TOO_SHORT),
    "magic_twice": Case(lambda: MAGIC * 2, _TOO_SHORT),
    "csv": Case(lambda: b"id,name\n" + b"1,a\n" * 100, _NO_PARQUET),
    "bad_tail_magic": Case(lambda: _GOOD[:-4] + b"PAR2", _NO_PARQUET),
    "truncated": Case(lambda: truncated(_GOOD), _NO_PARQUET),
    "footer_empty": Case(lambda: _footer_length(0), _FOOTER),
    "footer_of_the_file": Case(lambda: _footer_length(len(_GOOD)), _FOOTER),
    "footer_len_lie": Case(lambda: _footer_length((1 << 31) - 1), _FOOTER),
    "footer_len_neg": Case(lambda: _footer_length((1 << 32) - 1), _FOOTER),
    "footer_corrupt": Case(lambda: corrupt_footer(_GOOD), Skipped("cannot be read as Parquet")),
    "footer_encrypted": Case(lambda: _GOOD[:-4] + b"PARE", Skipped("encrypted")),
    "kv_metadata": Case(_large_metadata, Skipped("more than the limit of 16777216")),
    "thrift_endless_text": Case(_endless_text, Skipped("cannot be read as Parquet")),
    "thrift_endless_list": Case(_endless_list, Skipped("cannot be read as Parquet")),
    "thrift_nested_fields": Case(_nested_unknown_fields, Skipped("cannot be read as Parquet")),
    "thrift_nested_lists": Case(_nested_unknown_lists, Skipped("cannot be read as Parquet")),
    "no_schema": Case(_no_schema, Skipped("cannot be read as Parquet")),
    # What its row groups say is what counts.
    "negative_rows": Case(_negative_rows, Rows(100)),
}
