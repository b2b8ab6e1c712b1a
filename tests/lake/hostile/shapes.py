"""Schemas that are wide, deep, empty, or name their columns badly."""

import pyarrow as pa

from ..files import parquet
from .case import Case, Rows, Skipped
from .raw import (
    I32,
    I64,
    MAGIC,
    REQUIRED,
    Column,
    edit,
    file_of,
    footer_of,
    page,
    schema_root,
    with_footer,
)
from .thrift import BINARY, LIST, STRUCT, Encoded, List, encode, list_head


def _one(name: str | bytes = "c") -> Column:
    return Column([page(b"\7" + b"\0" * 7, 1)], 1, name=name)


def _named(*names: str | bytes) -> bytes:
    return file_of([_one(name) for name in names], 1)


def _wide(columns: int) -> bytes:
    return file_of([_one(f"c{i}") for i in range(columns)], 1)


def _deep(type: pa.DataType) -> bytes:
    return parquet({"c": pa.nulls(1, type)}, store_schema=False)


def _structs(depth: int) -> pa.DataType:
    type = pa.int32()
    for _ in range(depth):
        type = pa.struct({"s": type})
    return type


def _lists(depth: int) -> pa.DataType:
    type = pa.int32()
    for _ in range(depth):
        type = pa.list_(type)
    return type


def _deep_without_a_writer(depth: int) -> bytes:
    """No writer makes it, and a reader that follows it level by level runs out of stack."""
    group = encode({3: (I32, REQUIRED), 4: (BINARY, "g"), 5: (I32, 1)})
    items = encode(schema_root(1)) + group * depth + encode(_one().schema())
    schema = Encoded(list_head(STRUCT, depth + 2) + items)
    return with_footer(MAGIC, {1: (I32, 1), 2: (LIST, schema), 3: (I64, 0), 4: (LIST, List(STRUCT, []))})


def _children_without_end() -> bytes:
    return edit(_named("c"), lambda footer: footer[2][1].items[0].__setitem__(5, (I32, (1 << 31) - 1)))


def _children_negative() -> bytes:
    return edit(_named("c"), lambda footer: footer[2][1].items[0].__setitem__(5, (I32, -1)))


def _row_groups(count: int, values: int = 1) -> bytes:
    """All of them lie where the first does."""
    body = file_of([Column([page(b"\0" * 8 * values, values)], values)], values)
    group = encode(footer_of(body)[4][1].items[0])
    groups = Encoded(list_head(STRUCT, count) + group * count)
    return edit(body, lambda footer: footer.__setitem__(4, (LIST, groups)))


def _arrow_schema(text: bytes) -> bytes:
    entry = {1: (BINARY, "ARROW:schema"), 2: (BINARY, text)}
    return edit(_named("c"), lambda footer: footer.__setitem__(5, (LIST, List(STRUCT, [entry]))))


def _row_groups_of_one_row() -> bytes:
    return parquet({"c": pa.array(range(20_000))}, row_group_size=1, compression="none")


CASES = {
    "wide_100000": Case(
        lambda: _wide(100_000), Skipped("it has 100000 columns, more than the limit of 10000")
    ),
    "wide_10001": Case(lambda: _wide(10_001), Skipped("it has 10001 columns, more than the limit of 10000")),
    "wide_10000": Case(lambda: _wide(10_000), Rows(1)),
    "deep_struct_31": Case(lambda: _deep(_structs(31)), Rows(1)),
    "deep_struct_50": Case(
        lambda: _deep(_structs(50)), Skipped("nested 51 levels deep, more than the limit of 32")
    ),
    "deep_struct_200": Case(lambda: _deep(_structs(200)), Skipped("nested")),
    "deep_struct_1000": Case(lambda: _deep(_structs(1000)), Skipped("nested")),
    "deep_struct_150000": Case(lambda: _deep_without_a_writer(150_000), Skipped("nested")),
    "deep_list_20": Case(lambda: _deep(_lists(20)), Rows(1)),
    "deep_list_100": Case(lambda: _deep(_lists(100)), Skipped("nested")),
    "children_without_end": Case(_children_without_end, Skipped("cannot be read as Parquet")),
    "children_negative": Case(_children_negative, Skipped("cannot be read as Parquet")),
    "rowgroups_20000": Case(_row_groups_of_one_row, Rows(20_000)),
    "rowgroups_100001": Case(
        lambda: _row_groups(100_001), Skipped("row groups, more than the limit of 100000")
    ),
    "rowgroups_overlap": Case(lambda: _row_groups(1000, values=1000), Skipped("larger than the file")),
    "arrow_schema_is_no_base64": Case(lambda: _arrow_schema(b"\xff\xfe!!"), Skipped("")),
    "arrow_schema_is_no_schema": Case(lambda: _arrow_schema(b"/////3g" + b"A" * 400), Skipped("")),
    "zero_rows": Case(lambda: parquet({"c": pa.array([], pa.int64())}), Rows(0, ["c"])),
    "zero_cols": Case(lambda: file_of([], 5), Rows(0, [])),
    "zero_cols_zero_rows": Case(lambda: file_of([], 0), Rows(0, [])),
    "dup_names": Case(lambda: _named("a", "a", "a_2"), Rows(1, ["a", "a_3", "a_2"])),
    "empty_name": Case(lambda: _named("", "b"), Rows(1, ["column_1", "b"])),
    "case_names": Case(lambda: _named("Id", "id", "ID"), Rows(1, ["Id", "id_2", "ID_3"])),
    "nul_name": Case(lambda: _named("a\0b"), Rows(1, ["a\\x00b"])),
    "bad_utf8_name": Case(lambda: _named(b"a\xffb", b"\xc3"), Rows(1, ["a\\xffb", "\\xc3"])),
    "line_break_name": Case(lambda: _named("a\nb"), Rows(1, ["a\\nb"])),
    "long_name": Case(lambda: _named("n" * 100_000), Rows(1, ["n" * 100_000])),
    "reserved_names": Case(
        lambda: _named("_cq_sync_time", "_CQ_ID", "_cq_parent_id"),
        Rows(1, ["original_cq_sync_time", "original_CQ_ID", "original_cq_parent_id"]),
    ),
}
