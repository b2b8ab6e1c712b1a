"""Shards as processes of their own, all at once, against one run of everything."""

import concurrent.futures

import pytest
from lake.files import numbers, parquet
from world import APPEND, OVERWRITE

SHARDS = 4
TABLES = {"a": 13, "b": 2, "c/d": 7}


def rows(world) -> dict[str, list[dict]]:
    """All tables of the destination, without the columns that say when and by whom."""
    return {
        table: world.database.rows(f'select _cq_id, id from "{table}" order by id, _cq_id')
        for table in world.database.tables()
        if not table.startswith("cq_")
    }


def put(world, first: int, count: int, folder: str) -> None:
    for number in range(first, first + count):
        world.bucket.put(f"{folder}/{number}.parquet", parquet(numbers(number * 3, 3)))


def fill(world) -> None:
    for folder, count in TABLES.items():
        put(world, 0, count, folder)


def sync_all_shards(world, **flags) -> list:
    with concurrent.futures.ThreadPoolExecutor(SHARDS) as pool:
        runs = [
            pool.submit(world.sync_with_state, shard=f"{number}/{SHARDS}", **flags)
            for number in range(1, SHARDS + 1)
        ]
        return [run.result() for run in runs]


@pytest.mark.parametrize("mode", [OVERWRITE, APPEND])
def test_parallel_shards_deliver_what_one_run_does(world, database_server, mode):
    fill(world)
    world.sync_with_state(write_mode=mode)
    expected = rows(world)
    assert {table: len(found) for table, found in expected.items()} == {"a": 39, "b": 6, "c_d": 21}
    everything = world.objects_read()

    world.database = database_server.new_database()
    results = sync_all_shards(world, write_mode=mode)
    assert rows(world) == expected
    assert world.objects_read() == everything
    assert sum(result.resources for result in results) == sum(map(len, expected.values()))

    put(world, 100, 5, "a")
    sync_all_shards(world, write_mode=mode)
    assert world.objects_read() == [f"a/{number}.parquet" for number in range(100, 105)]
    assert len(rows(world)["a"]) == 39 + 15
