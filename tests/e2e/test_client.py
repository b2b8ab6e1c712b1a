"""The client and the destination themselves, with a source made with CloudQuery's Go SDK."""

import pyarrow as pa
import pytest
from compare import assert_texts
from lake import all_types
from world import APPEND, DELETE_STALE, MODES, STATE_TABLE, World


@pytest.fixture
def counting(programs, s3_server, database_server, tmp_path):
    world = World(programs, programs / "testsource", s3_server, database_server.new_database(), tmp_path)
    yield world
    world.close()


def numbers(world: World) -> list[int]:
    return world.database.column("select number from numbers order by number")


def test_rows_arrive_with_the_clis_columns(counting):
    result = counting.sync({"count": 250})
    assert result.resources == 250 and result.records == 3
    assert result.resources_per_table == {"numbers": 250}
    assert numbers(counting) == list(range(250))
    row = counting.database.rows("select * from numbers where number = 7")[0]
    assert list(row) == ["_cq_sync_time", "_cq_source_name", "_cq_id", "_cq_parent_id"] + [
        "number",
        "text",
    ]
    assert row["_cq_source_name"] == "s3" and row["text"] == "n7"
    assert result.sync_time.startswith(row["_cq_sync_time"])
    columns = counting.database.rows(
        "select attname, format_type(atttypid, atttypmod) as type, attnotnull as required"
        " from pg_attribute where attrelid = 'numbers'::regclass and attnum > 0 order by attnum"
    )
    assert [tuple(c.values()) for c in columns] == [
        ("_cq_sync_time", "timestamp without time zone", False),
        ("_cq_source_name", "text", False),
        ("_cq_id", "uuid", True),
        ("_cq_parent_id", "uuid", False),
        ("number", "bigint", False),
        ("text", "text", False),
    ]


def test_errors_and_warnings_count_as_in_the_cli(counting):
    result = counting.sync({"count": 1})
    assert (result.errors, result.warnings) == (1, 1)
    assert result.error_messages == [{"table": "numbers", "error": "counted"}]
    assert result.errors_per_table == {"numbers": 1}


@pytest.mark.parametrize("mode", MODES)
def test_second_sync_of_the_same_rows(counting, mode):
    for _ in range(2):
        result = counting.sync({"count": 3}, write_mode=mode)
    assert numbers(counting) == ([0, 0, 1, 1, 2, 2] if mode == APPEND else [0, 1, 2])
    assert result.deleted_stale == (["numbers"] if mode == DELETE_STALE else [])


def test_stale_rows_go_without_a_backend_and_stay_with_one(counting):
    counting.sync({"count": 5})
    assert counting.sync({"count": 2}).deleted_stale == ["numbers"]
    assert numbers(counting) == [0, 1]
    for _ in range(2):
        assert counting.sync_with_state({"count": 3}).deleted_stale == []
    assert numbers(counting) == [0, 1, 2, 3, 4, 5]
    assert counting.state() == {"testsource/next": "6"}
    versions = counting.database.column(f"select version from {STATE_TABLE}")
    assert versions == [2]


def test_a_failed_sync_deletes_nothing(counting):
    counting.sync({"count": 5})
    result = counting.sync_with_error({"count": 2, "fail": True})
    assert "unexpected error from sync client receive" in result.error
    assert "asked to fail" in result.error
    assert numbers(counting) == [0, 1, 2, 3, 4]


def test_key_modes(counting):
    counting.sync({"count": 1}, write_mode=APPEND)
    keys = "select count(*) from pg_index where indrelid = 'numbers'::regclass and indisprimary"
    assert counting.database.column(keys) == [0]
    counting.database.execute("drop table numbers")
    counting.sync({"count": 1}, pk_mode="cq-id-only")
    assert counting.database.column(keys) == [1]


def test_every_type_is_stored(counting, tmp_path):
    cases = all_types.cases()
    fields = [pa.field(case.name, case.sent.type) for case in cases]
    metadata = {"ARROW:extension:name": "uuid", "ARROW:extension:metadata": "uuid-serialized"}
    fields = [field.with_metadata(metadata) if field.name == "uuid" else field for field in fields]
    table = pa.table([case.sent for case in cases], pa.schema(fields, {"cq:table_name": "types"}))
    path = tmp_path / "types.arrow"
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)
    counting.sync({"replay": str(path)})
    for case in cases:
        found = counting.database.column(f'select "{case.name}"::text from types')
        assert_texts(case, found)


def test_shards_have_names_of_their_own(counting):
    assert counting.sync({"count": 1}, shard="2/4").source_name == "s3_2_4"
    assert counting.database.column("select _cq_source_name from numbers") == ["s3_2_4"]


def test_patterns_reach_the_source(counting):
    result = counting.sync_with_error({"count": 1}, tables=["numbers", "nothing*"])
    assert "tables include a pattern nothing* with no matches" in result.error


def test_interrupted_client_kills_the_plugins(counting):
    result = counting.run("sync", {"count": 1_000_000}, interrupt_after_rows=1000)
    assert result.status == 1 and "killed" in result.source_stop
    assert result.resources < 1_000_000


def test_interrupted_plugin_ends_the_sync(counting):
    result = counting.run("sync", {"count": 1_000_000}, interrupt_after_rows=1000, interrupt="plugin")
    assert result.status == 1 and result.source_stop == ""
    assert "unexpected error from sync client receive" in result.error


def test_failing_destination_ends_the_sync(counting):
    counting.sync({"count": 1})
    counting.database.execute("alter table numbers add check (number < 150)")
    result = counting.sync_with_error({"count": 300})
    assert "numbers_number_check" in result.error
    assert result.deleted_stale == ["numbers"]


def test_other_commands(counting):
    tables = counting.run("tables", {"count": 1})
    assert tables.status == 0 and tables.name == "testsource"
    assert [table["name"] for table in tables.tables] == ["numbers"]
    migrated = counting.run("migrate", {"count": 1})
    assert migrated.status == 0 and counting.database.count("numbers") == 0
    assert counting.run("test-connection", {}).success
    failed = counting.run("test-connection", {"fail": True})
    assert failed.status == 1 and failed.failure_code == "UNREACHABLE"
    assert counting.run("validate-config", {"count": 1}).success
    invalid = counting.run("validate-config", {"count": -1, "more": 1})
    assert invalid.status == 1 and "additional properties 'more' not allowed" in invalid.error
