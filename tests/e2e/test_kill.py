"""SIGKILL in the middle of syncs, of the plugin, the client or the destination: no row is lost.

Until the state is stored that holds for any configuration, afterwards with incremental.receipts.

CQS3_KILLS sets how many kills each test makes, CQS3_KILL_SEED repeats a run.
"""

import contextlib
import os
from random import Random

import pytest
from kill import (
    CLIENT,
    DESTINATION,
    VICTIMS,
    AtRequest,
    GrowingLake,
    Point,
    Sync,
    any_point,
    rows_stored,
    state_stored,
)
from lake.files import numbers, parquet
from world import APPEND, DELETE_STALE, MODES, OVERWRITE

KILLS = int(os.environ.get("CQS3_KILLS", 3))
SEED = int(os.environ.get("CQS3_KILL_SEED", Random().randrange(1 << 32)))


@pytest.fixture
def random(request) -> Random:
    print(f"CQS3_KILL_SEED={SEED}")
    return Random(f"{SEED} {request.node.name}")


def kill_once(world, random: Random, point: Point, mode: str, spec: dict) -> bool:
    victim = random.choice(VICTIMS)
    with point, Sync(world, point.spec(spec), write_mode=mode) as sync:
        killed = point.reached(sync) and sync.kill(victim)
        waits = killed and victim != CLIENT and random.random() < 0.3
        print(f"{victim} {point}: {'killed' if killed else 'the sync was faster'}{', waiting' * waits}")
        if waits:  # for the client to notice, and to end the other
            point.release()  # a client learns that a destination is gone when it has rows for it
            sync.finish()
    return killed


def kill_loop(world, random: Random, point_of, mode: str, spec: dict) -> None:
    """Rounds of new objects, one to three killed syncs in a row, and a clean one."""
    lake = GrowingLake(world)
    lake.grow()
    world.sync_with_state(spec, write_mode=mode)
    kills = 0
    while kills < KILLS:
        lake.grow()
        for _ in range(random.randint(1, 3)):
            kills += kill_once(world, random, point_of(lake), mode, spec)
        world.sync_with_state(spec, write_mode=mode)
        lake.assert_stored(once=mode != APPEND)
    assert world.sync_with_state(spec, write_mode=mode).resources == 0


@pytest.mark.parametrize("mode", MODES)
def test_killed_before_the_end_loses_nothing(world, random, mode):
    def point_of(lake: GrowingLake) -> AtRequest:
        return AtRequest(world, random.randint(1, 2 * lake.objects))

    kill_loop(world, random, point_of, mode, world.spec(rows_per_record=250))


@pytest.mark.parametrize("mode", MODES)
def test_killed_anywhere_with_receipts_loses_nothing(world, random, mode):
    spec = with_receipts(world, rows_per_record=250)
    world.bucket.put("v/0.parquet", parquet(numbers(0, 1)))
    with Sync(world, spec, write_mode=mode) as sync:
        sync.finish()
        seconds = sync.seconds()

    def point_of(lake: GrowingLake) -> Point:
        return any_point(world, lake, seconds, random)

    kill_loop(world, random, point_of, mode, spec)


RECEIPTS = "cq_source_s3_receipts"


def with_receipts(world, **changes) -> dict:
    return world.spec(incremental={"receipts": True}, **changes)


def kill_after_the_state(world, victim: str, rows: int, spec: dict, **flags) -> None:
    """Lets the destination have so many rows, which it does not store yet, and the state, which it stores."""
    pipe = world.folder / f"pause-{rows}"
    os.mkfifo(pipe)
    with (
        state_stored(world) as point,
        contextlib.ExitStack() as paused,
        Sync(world, spec, pause_at_rows=rows, pause_pipe=pipe, **flags) as sync,
    ):
        # Until the destination is no more, which else would store what it held while the test looks.
        paused.enter_context(open(pipe, "w"))
        assert point.reached(sync) and sync.kill(victim)


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("mode", MODES)
def test_rows_that_were_not_stored_are_sent_again(world, mode, victim):
    spec = with_receipts(world)
    world.bucket.put("t/0.parquet", parquet(numbers(0, 10)))
    world.sync_with_state(spec, write_mode=mode)
    world.bucket.put("t/1.parquet", parquet(numbers(10, 10)))
    world.bucket.put("u/0.parquet", parquet(numbers(0, 10)))
    kill_after_the_state(world, victim, 20, spec, write_mode=mode)
    # A destination whose client left may still have stored what it held, but no receipt of it.
    assert world.database.column("select id from t order by id") in (list(range(10)), list(range(20)))
    assert world.database.count(RECEIPTS) == 1
    world.objects_read()
    result = world.sync_with_state(spec, write_mode=mode)
    assert world.objects_read() == ["t/1.parquet", "u/0.parquet"]
    distinct = "distinct" if mode == APPEND else ""  # where rows may be there twice
    assert world.database.column(f"select {distinct} id from t order by id") == list(range(20))
    assert world.database.column(f"select {distinct} id from u order by id") == list(range(10))
    assert len([line for line in result.logged("warn") if "no receipt of the last sync" in line]) == 2


def test_without_receipts_the_same_rows_are_lost(world):
    """The gap in the protocol that receipts close."""
    world.bucket.put("t/0.parquet", parquet(numbers(0, 10)))
    world.sync_with_state()
    world.bucket.put("t/1.parquet", parquet(numbers(10, 10)))
    kill_after_the_state(world, DESTINATION, 10, world.spec())
    assert world.sync_with_state().resources == 0
    assert world.database.column("select id from t order by id") == list(range(10))


def test_a_receipt_means_that_all_rows_before_it_are_stored(world):
    spec = with_receipts(world)
    world.bucket.put("t/0.parquet", parquet(numbers(0, 10)))
    world.sync_with_state(spec)
    world.bucket.put("t/1.parquet", parquet(numbers(10, 10)))
    world.bucket.put("u/0.parquet", parquet(numbers(0, 10)))
    pipe = world.folder / "pause"
    os.mkfifo(pipe)
    # The receipt is the last row: the destination has it, and cannot know yet that nothing follows.
    with (
        rows_stored(world, "t", 20) as point,
        Sync(world, spec, pause_at_rows=21, pause_pipe=pipe) as sync,
        open(pipe, "w"),
    ):
        assert point.reached(sync) and sync.kill(DESTINATION)
    assert world.database.column("select id from t order by id") == list(range(20))
    assert world.database.column("select id from u order by id") == list(range(10))
    assert world.database.count(RECEIPTS) == 1, "the second receipt was not to be stored"
    world.sync_with_state(spec)
    assert world.database.column("select id from t order by id") == list(range(20))


@pytest.mark.parametrize(("mode", "receipts"), [(DELETE_STALE, 1), (OVERWRITE, 2), (APPEND, 2)])
def test_what_has_a_receipt_is_not_read_again(world, mode, receipts):
    spec = with_receipts(world)
    for number in range(2):
        world.bucket.put(f"t/{number}.parquet", parquet(numbers(number * 10, 10)))
        world.bucket.put(f"u/{number}.parquet", parquet(numbers(number * 10, 10)))
        world.sync_with_state(spec, write_mode=mode)
        world.objects_read()
        for _ in range(2):
            before = world.state()
            again = world.sync_with_state(spec, write_mode=mode)
            assert again.resources == 0 and again.logged("warn") == []
            assert world.objects_read() == []
        assert world.state() == before, "nothing was new, and something was stored"
    assert world.database.count(RECEIPTS) == receipts
    assert world.database.column("select id from t order by id") == list(range(20))


def test_receipts_can_be_turned_on_and_off(world):
    spec = with_receipts(world)
    for number, now in enumerate([world.spec(), spec, world.spec(), world.spec(), spec, spec]):
        world.bucket.put(f"t/{number}.parquet", parquet(numbers(number * 10, 10)))
        world.objects_read()
        world.sync_with_state(now, write_mode=APPEND)
        assert world.objects_read() == [f"t/{number}.parquet"]
    assert world.database.column("select id from t order by id") == list(range(60))


def test_shards_have_receipts_of_their_own(world):
    spec = with_receipts(world)
    for number in range(8):
        world.bucket.put(f"t/{number}.parquet", parquet(numbers(number * 10, 10)))
    for shard in ("1/2", "2/2", "1/2", "2/2", "1/3", "2/3", "3/3", None):
        world.sync_with_state(spec, write_mode=APPEND, shard=shard)
    assert world.database.column("select id from t order by id") == list(range(80))


def test_receipts_need_a_state_backend(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 10)))
    result = world.sync_with_error(with_receipts(world))
    assert "incremental.receipts needs backend_options" in result.error


def test_a_table_of_the_lake_must_not_take_the_name(world):
    world.bucket.put(f"{RECEIPTS}/0.parquet", parquet(numbers(0, 10)))
    result = world.sync_with_error(with_receipts(world), backend_table="cq_state")
    assert f"make the table {RECEIPTS}" in result.error
