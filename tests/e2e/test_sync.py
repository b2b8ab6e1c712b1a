"""What a sync delivers, and what the next one reads again."""

import pytest
from compare import assert_rows, ids
from lake import small_lake
from lake.files import numbers, parquet
from lake.proxy import NOT_FOUND, Reply
from world import APPEND, DELETE_STALE, MODES, OVERWRITE, STATE_TABLE


def cursor_key(world, table: str) -> str:
    return f"s3/{world.bucket.name}/{table}/last_modified_cursor"


def row_ids(world, table: str) -> list[int]:
    return world.database.column(f'select id from "{table}" order by id')


def test_first_sync_delivers_every_row_of_a_lake(world):
    expected = small_lake.fill(world.bucket)
    result = world.sync_with_state()
    for table, rows in expected.items():
        assert_rows(world.database, table, rows)
        assert len(ids(world.database, table)) == len(rows)
        assert world.database.column(f'select count(_cq_parent_id) from "{table}"') == [0]
        assert cursor_key(world, table) in world.state()
    assert result.resources == sum(len(rows) for rows in expected.values())
    assert result.resources_per_table == {table: len(rows) for table, rows in expected.items()}
    assert sorted(set(expected) - set(result.migrated)) == []
    broken = [line for line in result.logged("warn") if small_lake.BROKEN_KEY in line]
    assert len(broken) == 1 and "malformed" in broken[0]
    assert (result.errors, result.warnings) == (1, 1)
    assert small_lake.BROKEN_KEY in result.error_messages[0]["error"]


def test_second_sync_lists_and_reads_nothing(world):
    for number in range(3):
        world.bucket.put(f"t{number % 2}/{number}.parquet", parquet(numbers(number * 10, 10)))
    world.sync_with_state()
    before = world.database.rows("select * from t0 order by id")
    world.proxy.take_log()
    result = world.sync_with_state()
    log = world.proxy.take_log()
    assert log and all(request.is_list for request in log), log
    assert result.resources == 0 and sorted(result.migrated) == ["t0", "t1"]
    assert result.deleted_stale == []
    assert world.database.rows("select * from t0 order by id") == before


def test_only_an_added_object_is_read(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 5)))
    world.sync_with_state()
    world.objects_read()
    world.bucket.put("t/1.parquet", parquet(numbers(5, 5)))
    world.bucket.put("u/0.parquet", parquet(numbers(0, 2)))
    result = world.sync_with_state()
    assert world.objects_read() == ["t/1.parquet", "u/0.parquet"]
    assert result.resources_per_table == {"t": 5, "u": 2}
    assert row_ids(world, "t") == list(range(10))
    assert row_ids(world, "u") == [0, 1]


def test_the_first_read_of_a_small_object_is_its_only_one(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 5)))
    world.sync()
    reads = [request for request in world.proxy.take_log() if not request.is_list]
    assert len(reads) == 1, reads


# What is in the table after an object with rows 0 to 2 was overwritten by one with rows 1 to 3, while
# another with row 9 stayed. Another version has rows of other ids, so nothing is replaced.
OVERWRITTEN = {
    (DELETE_STALE, False): [1, 2, 3, 9],
    (OVERWRITE, False): [0, 1, 1, 2, 2, 3, 9],
    (APPEND, False): [0, 1, 1, 2, 2, 3, 9, 9],
    (DELETE_STALE, True): [0, 1, 1, 2, 2, 3, 9],
    (OVERWRITE, True): [0, 1, 1, 2, 2, 3, 9],
    (APPEND, True): [0, 1, 1, 2, 2, 3, 9],
}


@pytest.mark.parametrize("with_state", [False, True], ids=["without_state", "with_state"])
@pytest.mark.parametrize("mode", MODES)
def test_overwritten_object(world, mode, with_state):
    sync = world.sync_with_state if with_state else world.sync
    world.bucket.put("t/changing.parquet", parquet(numbers(0, 3)))
    world.bucket.put("t/same.parquet", parquet(numbers(9, 1)))
    sync(write_mode=mode)
    old = ids(world.database, "t", "id < 9")
    same = ids(world.database, "t", "id = 9")
    world.objects_read()
    world.bucket.put("t/changing.parquet", parquet(numbers(1, 3)))
    sync(write_mode=mode)
    read = ["t/changing.parquet"] if with_state else ["t/changing.parquet", "t/same.parquet"]
    assert world.objects_read() == read
    assert row_ids(world, "t") == OVERWRITTEN[mode, with_state]
    new = set(world.database.column("select _cq_id from t where id < 9")) - old
    assert len(new) == 3
    assert set(world.database.column("select _cq_id from t where id = 9")) == same


@pytest.mark.parametrize("mode", MODES)
def test_repeated_sync_without_state(world, mode):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    first = world.sync(write_mode=mode)
    again = world.sync(write_mode=mode)
    assert first.resources == again.resources == 3
    assert row_ids(world, "t") == ([0, 0, 1, 1, 2, 2] if mode == APPEND else [0, 1, 2])


def test_rows_of_a_deleted_object_go_with_delete_stale(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    world.bucket.put("t/1.parquet", parquet(numbers(3, 3)))
    world.sync()
    world.bucket.delete("t/0.parquet")
    world.sync()
    assert row_ids(world, "t") == [3, 4, 5]


def test_key_only_on_cq_id(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    for _ in range(2):
        world.sync(pk_mode="cq-id-only", write_mode=OVERWRITE)
    assert row_ids(world, "t") == [0, 1, 2]


def test_state_of_the_go_plugin_is_read_on(world):
    world.bucket.put("t/old.parquet", parquet(numbers(0, 3)), modified=1_700_000_000)
    world.bucket.put("t/new.parquet", parquet(numbers(3, 3)), modified=1_700_000_100)
    world.database.execute(
        "create table cq_state (key text primary key, value text, version numeric(20,0));"
        f"insert into cq_state values ('{cursor_key(world, 't')}', '2023-11-14T22:13:20Z', 1)"
    )
    world.sync_with_state()
    assert world.objects_read() == ["t/new.parquet"]
    assert row_ids(world, "t") == [3, 4, 5]


def test_a_state_that_cannot_be_read_stops_the_sync(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    world.database.execute(
        "create table cq_state (key text primary key, value text, version numeric(20,0));"
        f"insert into cq_state values ('{cursor_key(world, 't')}', 'yesterday', 1)"
    )
    result = world.sync_with_error(backend_table="cq_state")
    assert "yesterday" in result.error
    assert world.objects_read() == []


def test_an_object_of_the_newest_second_is_not_lost(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)), modified=1_700_000_000)
    world.sync_with_state()
    world.bucket.put("t/1.parquet", parquet(numbers(3, 3)), modified=1_700_000_000)
    world.sync_with_state()
    assert row_ids(world, "t") == list(range(6))


def test_an_object_that_appears_late_is_not_lost(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)), modified=1_700_000_000)
    world.sync_with_state()
    world.bucket.put("t/1.parquet", parquet(numbers(3, 3)), modified=1_699_990_000)
    world.sync_with_state()
    assert row_ids(world, "t") == list(range(6))


def test_a_skipped_object_is_tried_again(world):
    body = parquet(numbers(0, 3))
    world.bucket.put("t/0.parquet", body)
    world.bucket.put("t/1.parquet", parquet(numbers(3, 3)))
    world.proxy.rule = lambda r: Reply(404, NOT_FOUND) if r.path.endswith("t/0.parquet") else None
    world.sync_with_state()
    assert row_ids(world, "t") == [3, 4, 5]
    world.proxy.rule = lambda r: None
    world.sync_with_state()
    assert row_ids(world, "t") == list(range(6))


def test_an_object_overwritten_within_its_second_is_read_again(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)), modified=1_700_000_000)
    world.sync_with_state()
    world.bucket.put("t/0.parquet", parquet(numbers(3, 3)), modified=1_700_000_000)
    world.sync_with_state()
    world.objects_read()
    assert row_ids(world, "t") == list(range(6))
    world.sync_with_state()
    assert world.objects_read() == []


def test_what_is_older_than_the_lookback_counts_as_delivered(world):
    spec = world.spec(incremental={"lookback": "1h"})
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)), modified=1_700_000_000)
    world.sync_with_state(spec)
    world.bucket.put("t/1.parquet", parquet(numbers(3, 3)), modified=1_699_996_399)
    world.bucket.put("t/2.parquet", parquet(numbers(6, 3)), modified=1_699_996_400)
    world.sync_with_state(spec)
    assert row_ids(world, "t") == [0, 1, 2, 6, 7, 8]


def test_a_broken_value_of_the_state_stops_the_sync_with_the_remedy(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    world.sync_with_state()
    key = f"s3/{world.bucket.name}/t/delivered"
    world.database.execute(f"update {STATE_TABLE} set value = 'v1 AAAA' where key = '{key}'")
    result = world.sync_with_error(backend_table=STATE_TABLE)
    assert key in result.error and "delete the table's keys" in result.error
    assert row_ids(world, "t") == [0, 1, 2]


@pytest.mark.parametrize("totals", [(2, 1), (1, 3), (2, 3, 2, 1)])
def test_shards_of_any_totals_lose_nothing(world, totals):
    count = 0
    for total in totals:
        for _ in range(4):
            world.bucket.put(f"t/{count}.parquet", parquet(numbers(count * 3, 3)))
            count += 1
        for shard in range(1, total + 1):
            flags = {} if total == 1 else {"shard": f"{shard}/{total}"}
            world.sync_with_state(write_mode=APPEND, **flags)
        assert row_ids(world, "t") == list(range(count * 3)), "a row is missing or there twice"


FILTERS = {
    ("*",): ["data_2023", "data_2024", "logs", "metrics_cpu"],
    ("data_*",): ["data_2023", "data_2024"],
    ("*_cpu", "logs"): ["logs", "metrics_cpu"],
    ("d*a_*4",): ["data_2024"],
}


@pytest.mark.parametrize("patterns", FILTERS, ids=",".join)
def test_patterns_choose_tables(world, patterns):
    fill_for_filters(world)
    result = world.sync(tables=patterns)
    assert sorted(result.migrated) == FILTERS[patterns]
    assert len(world.objects_read()) == len(FILTERS[patterns])
    assert world.database.tables() == FILTERS[patterns]


def test_skipped_tables_are_not_read(world):
    fill_for_filters(world)
    result = world.sync(skip_tables=["data_*", "logs"])
    assert result.migrated == ["metrics_cpu"]
    assert world.objects_read() == ["metrics/cpu/f.parquet"]


@pytest.mark.parametrize("flag", ["tables", "skip_tables"])
def test_a_pattern_without_a_match_is_an_error(world, flag):
    fill_for_filters(world)
    result = world.sync_with_error(**{flag: ["data_*", "Logs"]})
    assert f"{flag} include a pattern Logs with no matches" in result.error
    assert world.database.tables() == []


def test_path_prefix_is_not_part_of_names(world):
    fill_for_filters(world)
    result = world.sync(world.spec(path_prefix="data/20"))
    assert sorted(result.migrated) == ["data_2023", "data_2024"]


def fill_for_filters(world):
    for key in ("data/2023", "data/2024", "logs", "metrics/cpu"):
        world.bucket.put(f"{key}/f.parquet", parquet(numbers(0, 1)))
