"""Row by row: what arrives is what pyarrow reads, however the rows are cut into records."""

import dataclasses
import io
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lake import all_types
from lake.files import parquet
from world import APPEND

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))
import generate  # noqa: E402

ROWS_PER_RECORD = [1, 7, 500, 100_000]

# Of each data set of the benchmark: a column whose values differ in every row, and a few files with few rows.
SETS = {
    "wide": ("reference", 2, [900, 600]),
    "many": ("request_id", 30, [60]),
    "big": ("id", 1, [1500, 1000, 3]),
}


def files(name: str, folder: Path) -> dict[str, bytes]:
    _, count, chunks = SETS[name]
    bodies = {}
    for file in list(generate.SETS[name](0.2))[:count]:
        small = dataclasses.replace(file, chunks=chunks)
        small.write(folder / "one.parquet")
        bodies[file.key] = (folder / "one.parquet").read_bytes()
    return bodies


def tables_of(bodies: dict[str, bytes], order: str) -> dict[str, pa.Table]:
    """What pyarrow reads of the objects, by the table that each belongs to."""
    read: dict[str, list[pa.Table]] = {}
    for key, body in bodies.items():
        table = key.rsplit("/", 1)[0].replace("/", "_").replace("-", "_")
        read.setdefault(table, []).append(pq.read_table(io.BytesIO(body)))
    return {name: pa.concat_tables(parts).sort_by(order) for name, parts in read.items()}


@pytest.mark.parametrize("rows_per_record", ROWS_PER_RECORD)
@pytest.mark.parametrize("name", SETS)
def test_rows_of_a_data_set(world, tmp_path, name, rows_per_record):
    order, _, chunks = SETS[name]
    bodies = files(name, tmp_path)
    for key, body in bodies.items():
        world.bucket.put(key, body)
    result = world.sync(world.spec(rows_per_record=rows_per_record), write_mode=APPEND)
    expected = tables_of(bodies, order)
    assert sorted(result.migrated) == sorted(expected)
    assert result.resources == sum(table.num_rows for table in expected.values())
    assert result.largest_record == min(rows_per_record, sum(chunks))
    for table, wanted in expected.items():
        found = result.rows_sent(table).drop_columns(["_cq_id", "_cq_parent_id"]).sort_by(order)
        assert found.schema.names == wanted.schema.names
        for column in wanted.schema.names:
            sent = found.column(column).combine_chunks()
            read = wanted.column(column).combine_chunks()
            assert sent.cast(read.type).equals(read), (table, column)


@pytest.mark.parametrize("rows_per_record", ROWS_PER_RECORD)
def test_rows_of_all_types(world, rows_per_record):
    cases = all_types.cases()
    body = parquet(all_types.table(), row_group_size=2)
    for number in range(3):
        world.bucket.put(f"t{number}/all.parquet", body)
    result = world.sync(world.spec(rows_per_record=rows_per_record), write_mode=APPEND)
    for number in range(3):
        found = result.rows_sent(f"t{number}").sort_by("row")
        for case in cases:
            column = found.column(case.name).combine_chunks()
            column = getattr(column, "storage", column)
            assert column.to_pylist() == case.sent.to_pylist(), case.name
