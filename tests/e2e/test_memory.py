"""Memory is bounded whatever the client does, and nothing is lost by it."""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from lake.files import parquet
from lake.processes import Process

MIB = 1 << 20
OBJECTS = 150
ROWS = 4  # in each object
TEXT_BYTES = 256 << 10
LIMIT = 32 * MIB
# Libraries, threads, gRPC and the allocator's slack; what an idle plugin takes is part of it.
FIXED_COST = 96 * MIB
SLOW_SECONDS = 120
SETTLED_SECONDS = 15


def texts(seed: int) -> list[str]:
    """Hexadecimal digits, which no codec makes much smaller than half."""
    return [random.Random(seed * ROWS + row).randbytes(TEXT_BYTES // 2).hex() for row in range(ROWS)]


def fill(world) -> None:
    for number in range(OBJECTS):
        ids = range(number * ROWS, (number + 1) * ROWS)
        table = pa.table({"id": pa.array(ids, pa.int64()), "text": texts(number)})
        body = parquet(table, compression="none", use_dictionary=False, write_statistics=False)
        world.bucket.put(f"t/{number:03}.parquet", body)


def child_of(pid: int, program: Path) -> Process:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text().split("\0")[0]
        except OSError:
            continue  # it ended
        if parent == pid and command == str(program):
            return Process(int(folder.name))
    raise AssertionError(f"{program} is no child of {pid}")


@contextmanager
def paused_sync(world, spec: dict, pace: str = "0s") -> Iterator[tuple[subprocess.Popen, Process]]:
    """A sync whose client has stopped reading after the first rows, or reads one message in each `pace`;
    it goes on at the end of the block."""
    pipe = world.folder / "pause"
    os.mkfifo(pipe)
    command = world.command("sync", spec, pause_at_rows=1, pause_pipe=pipe, pause_pace=pace)
    client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=world.environment)
    try:
        with open(pipe, "wb"):  # returns when the client opens its end
            yield client, child_of(client.pid, world.plugin)
        client.communicate(timeout=300)
    finally:
        client.kill()
        client.wait()


def requests_when_idle(world, plugin: Process) -> int:
    """Reads asked for until the plugin has used no CPU time and asked for nothing in a second."""
    count = 0
    before = None
    quiet = 0
    while quiet < 20:
        count += sum(not request.is_list for request in world.proxy.take_log())
        now = (count, plugin.cpu_seconds())
        quiet = quiet + 1 if now == before else 0
        before = now
        time.sleep(0.05)
    return count


def test_a_client_that_does_not_read_stops_the_requests(world):
    fill(world)
    with paused_sync(world, world.spec(memory_limit="32MiB", rows_per_record=1)) as (client, plugin):
        requests = requests_when_idle(world, plugin)
        held = requests * ROWS * TEXT_BYTES
        # The budget; what the client had read; the plugin's queue, gRPC's windows, the socket.
        assert LIMIT // 4 < held < LIMIT + 32 * MIB
        assert requests < OBJECTS // 2
        assert plugin.peak_bytes() < LIMIT + FIXED_COST
    assert client.returncode == 0
    check_rows(world)


def check_rows(world) -> None:
    found = world.database.rows("select id, md5(text) as hash, length(text) as bytes from t order by id")
    assert [row["id"] for row in found] == list(range(OBJECTS * ROWS))
    assert {row["bytes"] for row in found} == {TEXT_BYTES}
    assert len({row["hash"] for row in found}) == OBJECTS * ROWS


def test_memory_is_flat_for_minutes_behind_a_client_that_reads_a_message_a_second(world):
    fill(world)
    used, reads = [], []
    spec = world.spec(memory_limit="32MiB", rows_per_record=1)
    with paused_sync(world, spec, pace="1s") as (client, plugin):
        for _ in range(SLOW_SECONDS):
            time.sleep(1)
            used.append(plugin.memory_bytes())
            reads.append(sum(not request.is_list for request in world.proxy.take_log()))
        # After its first gulp the plugin reads no more than what the client has taken.
        assert sum(reads[SETTLED_SECONDS:]) * ROWS <= SLOW_SECONDS + LIMIT // TEXT_BYTES // 4
        assert sum(reads) < OBJECTS
        settled, end = used[SETTLED_SECONDS : SLOW_SECONDS // 2], used[-SLOW_SECONDS // 4 :]
        assert sum(end) / len(end) < sum(settled) / len(settled) + 2 * MIB
        assert plugin.peak_bytes() < LIMIT + FIXED_COST
    assert client.returncode == 0
    check_rows(world)
