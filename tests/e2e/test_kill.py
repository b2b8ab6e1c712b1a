"""SIGKILL in the middle of syncs, of the plugin, the client or the destination: no row is lost.

CQS3_KILLS sets how many kills each test makes, CQS3_KILL_SEED repeats a run.
"""

import os
from random import Random

import pytest
from kill import CLIENT, VICTIMS, AtRequest, GrowingLake, Point, Sync
from world import APPEND, MODES

KILLS = int(os.environ.get("CQS3_KILLS", 5))
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
