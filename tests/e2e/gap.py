"""How often a kill loses rows that the state says are delivered: a measurement, not a test.

    CQS3_KILLS=50 python -m pytest e2e/gap.py -s -q [-k receipts]

Each kill is of a sync of its own; the next sync then tells what is lost. "in the gap": as soon as the
state was stored. "anywhere": at any moment of a sync, each as likely as another.
"""

import os
from random import Random

import pytest
from kill import VICTIMS, AfterSeconds, GrowingLake, Sync, state_stored

KILLS = int(os.environ.get("CQS3_KILLS", 10))
SEED = int(os.environ.get("CQS3_KILL_SEED", Random().randrange(1 << 32)))


@pytest.mark.parametrize("where", ["in the gap", "anywhere"])
@pytest.mark.parametrize("receipts", [None, True], ids=["plain", "receipts"])
def test_gap(world, where, receipts):
    random = Random(SEED)
    spec = world.spec(rows_per_record=250, incremental=receipts and {"receipts": True})
    lake = GrowingLake(world, objects=2)
    lake.grow()
    world.sync_with_state(spec)
    lake.grow()
    with Sync(world, spec) as sync:
        sync.finish()
        seconds = sync.seconds()
    lost = {victim: [0, 0] for victim in VICTIMS}
    missing = 0
    while sum(made for _, made in lost.values()) < KILLS:
        lake.grow()
        if where == "in the gap":
            point = state_stored(world)
        else:
            point = AfterSeconds(random.uniform(0, seconds))
        victim = VICTIMS[sum(made for _, made in lost.values()) % len(VICTIMS)]
        with point, Sync(world, point.spec(spec)) as sync:
            killed = point.reached(sync) and sync.kill(victim)
        world.sync_with_state(spec)
        missing_before, missing = missing, lake.missing()
        if killed:
            lost[victim][0] += missing > missing_before
            lost[victim][1] += 1
    print(f"\nCQS3_KILL_SEED={SEED} {where}, {'with' if receipts else 'without'} receipts: ", end="")
    print("; ".join(f"{victim}: lost rows in {n} of {of} kills" for victim, (n, of) in lost.items()))
