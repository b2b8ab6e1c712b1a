"""Every type and encoding, compared value by value, in Arrow and in PostgreSQL."""

import pyarrow as pa
import pytest
from compare import assert_texts
from lake import all_types, cloudquery_files, encodings
from lake.files import numbers, parquet
from world import APPEND, MODES

CASES = all_types.cases()


@pytest.fixture(scope="module")
def synced(programs, plugin, s3_server, database_server, tmp_path_factory):
    from world import World

    folder = tmp_path_factory.mktemp("types")
    world = World(programs, plugin, s3_server, database_server.new_database(), folder)
    world.bucket.put("types/all.parquet", parquet(all_types.table()))
    result = world.sync()
    columns = ", ".join(f'"{case.name}"::text' for case in CASES)
    shown = world.database.rows(f"select {columns} from types order by row")
    yield result, result.rows_sent("types").sort_by("row"), shown
    world.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_type_arrives_in_arrow(synced, case):
    column = synced[1].column(case.name).combine_chunks()
    column = getattr(column, "storage", column)  # extension types may be registered here or not
    assert without_names(column.type) == without_names(case.sent.type)
    assert column.to_pylist() == case.sent.to_pylist()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_type_arrives_in_postgresql(synced, case):
    assert_texts(case, [row[case.name] for row in synced[2]])


def test_columns_keep_their_order_and_lose_foreign_metadata(synced):
    schema = synced[0].schema("types")
    assert schema.names == ["_cq_id", "_cq_parent_id", "row", *(case.name for case in CASES)]
    for field in schema:
        keys = {key.decode() for key in field.metadata or {}}
        assert all(key.startswith(("cq:extension:", "ARROW:extension:")) for key in keys), field


def without_names(kind: pa.DataType) -> pa.DataType:
    """List elements have different names in Arrow and Parquet; destinations do not look at them."""
    if pa.types.is_list(kind):
        return pa.list_(pa.field("item", without_names(kind.value_type)))
    return kind


def test_every_encoding_gives_the_same_rows(world):
    for variant, body in encodings.files().items():
        world.bucket.put(f"{variant}/f.parquet", body)
    result = world.sync(write_mode=APPEND)
    expected = encodings.table().to_pylist()
    for variant in encodings.VARIANTS:
        found = result.rows_sent(variant).drop_columns(["_cq_id", "_cq_parent_id"])
        assert found.to_pylist() == expected, variant
        assert world.database.count(variant) == encodings.ROWS


def test_old_timestamps(world):
    moments = pa.array([0, -1_000, None, 1_700_000_000_123_456_789], pa.timestamp("ns"))
    body = parquet({"t": moments}, use_deprecated_int96_timestamps=True, store_schema=False)
    world.bucket.put("int96/f.parquet", body)
    result = world.sync()
    column = result.rows_sent("int96").column("t").combine_chunks()
    assert column.cast(pa.int64()).to_pylist() == [0, -1_000, None, 1_700_000_000_123_456_789]
    assert world.database.column("select t::text from int96 order by t") == [
        "1969-12-31 23:59:59.999999",
        "1970-01-01 00:00:00",
        "2023-11-14 22:13:20.123456",
        None,
    ]


@pytest.mark.parametrize("mode", MODES)
def test_files_of_cloudquery_destinations(world, mode):
    """Their own sync columns are kept aside, so that the CLI's are set and delete-stale is right."""
    world.bucket.put("ec2/f.parquet", cloudquery_files.instances(5, source_name="s3"))
    for _ in range(2):
        result = world.sync(write_mode=mode)
    assert result.schema("ec2").names == [
        "original_cq_sync_time",
        "original_cq_source_name",
        "_cq_id",
        "_cq_parent_id",
        "arn",
        "tags",
    ]
    rows = world.database.rows("select * from ec2 order by arn")
    expected = 5 if mode == "overwrite-delete-stale" else 10
    assert len(rows) == expected
    assert {row["_cq_id"] for row in rows} == set(cloudquery_files.ids(5))
    assert {row["original_cq_source_name"] for row in rows} == {"s3"}
    assert {row["original_cq_sync_time"] for row in rows} == {"2024-03-01T02:03:04.000567"}
    assert {row["_cq_source_name"] for row in rows} == {"s3"}
    newest = max(row["_cq_sync_time"] for row in rows)
    assert result.sync_time.startswith(newest.rstrip("0"))


def test_clashing_column_names(world):
    columns = [numbers(0, 1).column("id")] * 4
    table = pa.Table.from_arrays(columns, names=["a", "A", "a", ""])
    world.bucket.put("t/f.parquet", parquet(table))
    result = world.sync()
    assert result.schema("t").names[2:] == ["a", "A_2", "a_3", "column_4"]
