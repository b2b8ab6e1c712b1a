"""Syncs of a changing lake with random faults, for a long time: run it by scripts/soak.

One plugin process serves all syncs. Each round adds, overwrites and deletes objects, syncs, and compares
the tables' content with what was put there. CQS3_SOAK_MINUTES says how long, CQS3_SOAK_SEED repeats a run.
"""

import hashlib
import os
import statistics
import subprocess
import threading
import time
from collections import Counter
from random import Random

from lake.files import name_of, numbers, parquet
from lake.processes import Process, free_port, stop, wait_for_port
from lake.proxy import Broken, Reply
from world import STATE_TABLE

MINUTES = float(os.environ.get("CQS3_SOAK_MINUTES", 30))
SEED = int(os.environ.get("CQS3_SOAK_SEED", Random().randrange(1 << 32)))
FAULT_SHARE = 0.01
ROUNDS_PER_TABLE = 15  # then a new table begins and the old one goes, so that a round takes no longer
SECONDS_PER_SAMPLE = 0.2
MB = 1 << 20

SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"


class Faults:
    """A rule for the proxy: each request fails with a probability, in one of three ways."""

    def __init__(self, random: Random):
        self._random = random
        self.count: Counter[str] = Counter()
        self.requests = 0

    def __call__(self, request) -> Reply | Broken | None:
        self.requests += 1
        if self._random.random() >= FAULT_SHARE:
            return None
        kind = self._random.choice(["reset", "503", "short body"])
        self.count[kind] += 1
        if kind == "503":
            return Reply(503, SLOW_DOWN)
        return Broken(None if kind == "reset" else self._random.uniform(0, 0.99))


class Memory:
    """Samples of a process's resident set, from start to stop."""

    def __init__(self, pid: int):
        self.samples: list[float] = []
        self._process = Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(SECONDS_PER_SAMPLE):
            self.samples.append(self._process.memory_bytes() / MB)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def thirds(self) -> list[list[float]]:
        third = len(self.samples) // 3
        return [self.samples[i * third : (i + 1) * third] for i in range(3)]


class ChangingLake:
    """Tables one after the other; every row that was ever put into one has an id of its own."""

    def __init__(self, world, random: Random):
        self._world, self._random = world, random
        self._next_id = self._objects_made = self._tables_made = self._rounds = 0
        self.rows_compared = 0
        self._begin_table()

    def _begin_table(self) -> None:
        self._tables_made += 1
        self.table = f"soak_{self._tables_made}"
        self._keys: list[str] = []
        self._synced: list[range] = []  # ids of the versions that were listed by a sync
        self._to_sync: dict[str, range] = {}  # by key, as only the last version of a round is listed

    def change(self) -> None:
        if self._rounds == ROUNDS_PER_TABLE:
            self._drop_table()
        self._rounds += 1
        for number in range(self._random.randint(20, 40)):
            self._objects_made += 1
            self._keys.append(f"{self.table}/{self._objects_made}.parquet")
            self._put(self._keys[-1], 20_000 if number == 0 else self._random.choice([1, 50, 500]))
        for key in self._random.sample(self._keys, 5):
            self._put(key, 100)
        while len(self._keys) > 100:
            key = self._keys.pop(self._random.randrange(len(self._keys)))
            self._world.bucket.delete(key)
            self._to_sync.pop(key, None)

    def _put(self, key: str, count: int) -> None:
        self._to_sync[key] = range(self._next_id, self._next_id + count)
        self._next_id += count
        self._world.bucket.put(key, parquet(numbers(self._to_sync[key][0], count), row_group_size=5000))

    def _drop_table(self) -> None:
        for key in self._keys:
            self._world.bucket.delete(key)
        self._world.database.execute(
            f"drop table {self.table}; delete from {STATE_TABLE} where key like '%/{self.table}/%'"
        )
        self._rounds = 0
        self._begin_table()

    def compare(self) -> None:
        """Every row of every version that was synced is in the table, once, and nothing else."""
        self._synced += self._to_sync.values()
        self._to_sync = {}
        ids = sorted(i for synced in self._synced for i in synced)
        digest = hashlib.md5("".join(f"{i}:{name_of(i)};" for i in ids).encode()).hexdigest()
        (found,) = self._world.database.rows(
            "select count(*) as rows, md5(string_agg(id || ':' || name || ';', '' order by id)) as digest "
            f"from {self.table}"
        )
        assert found == {"rows": len(ids), "digest": digest}, self.table
        self.rows_compared += len(ids)


def test_soak(world, plugin):
    random = Random(SEED)
    faults = Faults(random)
    port = free_port()
    address = f"127.0.0.1:{port}"
    process = subprocess.Popen(
        [plugin, "serve", "--network", "tcp", "--address", address, "--log-level", "error"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=world.environment,
    )
    wait_for_port(port, process)
    memory = Memory(process.pid)
    lake = ChangingLake(world, random)
    rounds = rows = syncs = 0
    end = time.monotonic() + 60 * MINUTES
    try:
        while rounds < 3 or time.monotonic() < end:
            lake.change()
            world.proxy.rule = faults
            for _ in range(5):  # an object whose requests all failed is delivered by a later sync
                result = world.run("sync", registry="grpc", source_path=address, backend_table=STATE_TABLE)
                syncs += 1
                rows += result.resources
                assert result.violations == []
                if result.status == 0 and result.errors == 0:
                    break
            world.proxy.rule = lambda request: None
            world.proxy.take_log()
            lake.compare()
            rounds += 1
    finally:
        memory.stop()
        stop(process)
        report(memory, rounds, syncs, rows, lake, faults)
    assert is_flat(memory), "memory grew"


def is_flat(memory: Memory) -> bool:
    """The last third's median is at most a tenth and 16 MB above that of the second."""
    _, second, last = (statistics.median(third) for third in memory.thirds())
    return last <= 1.1 * second + 16


def report(memory: Memory, rounds: int, syncs: int, rows: int, lake: ChangingLake, faults: Faults) -> None:
    print(f"\nCQS3_SOAK_SEED={SEED}\n")
    print("| what | |\n| --- | --- |")
    print(f"| minutes | {MINUTES:g} |\n| rounds | {rounds} |\n| syncs | {syncs} |")
    print(f"| rows delivered | {rows} |\n| rows compared | {lake.rows_compared} |")
    print(f"| requests | {faults.requests} |")
    for kind, count in sorted(faults.count.items()):
        print(f"| injected: {kind} | {count} |")
    for name, third in zip(("first", "second", "last"), memory.thirds(), strict=True):
        low, median, high = min(third), statistics.median(third), max(third)
        print(f"| RSS of the {name} third, min / median / max | {low:.0f} / {median:.0f} / {high:.0f} MB |")
    print(f"| memory | {'flat' if is_flat(memory) else 'GREW'}: {is_flat.__doc__} |")
