"""Rows as tests expect them, against rows as PostgreSQL has them."""

import datetime as dt
import json

import pyarrow as pa
from lake.all_types import Case
from lake.database import Database


def json_value(value):
    """A Python value as PostgreSQL's JSON shows it. Times are in UTC, without an offset."""
    if isinstance(value, dt.datetime):
        text = value.replace(tzinfo=None).isoformat()
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return [json_value(item) for item in value]
    return value


def assert_rows(database: Database, table: str, expected: list[dict], order: str = "id") -> None:
    """The table holds exactly these rows, whatever columns of CloudQuery it has besides."""
    found = [
        {name: value for name, value in row.items() if not name.startswith("_cq_")}
        for row in database.rows(f'select * from "{table}" order by "{order}"')
    ]
    wanted = sorted(expected, key=lambda row: row[order])
    assert found == [{name: json_value(v) for name, v in row.items()} for row in wanted]


def ids(database: Database, table: str, where: str = "true") -> set[str]:
    """The `_cq_id` of rows: UUIDs of version 8, none twice."""
    found = database.column(f'select _cq_id from "{table}" where {where}')
    assert all(text[14] == "8" and text[19] in "89ab" for text in found), found
    assert len(set(found)) == len(found)
    return set(found)


def assert_texts(case: Case, found: list[str | None]) -> None:
    """PostgreSQL's texts of a column are those of its case; JSON may be spaced differently."""
    if pa.types.is_struct(case.sent.type) or pa.types.is_map(case.sent.type):
        assert [t and json.loads(t) for t in found] == [t and json.loads(t) for t in case.postgres]
    else:
        assert found == case.postgres, case.name
