"""Kills the plugin, the client or the destination in the middle of a sync."""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from lake.files import numbers, parquet
from lake.proxy import Proxy
from world import STATE_TABLE, World

PLUGIN = "plugin"
CLIENT = "client"
DESTINATION = "destination"
VICTIMS = (PLUGIN, CLIENT, DESTINATION)

PATIENCE = 60  # seconds, for what is sure to come


class Sync:
    """A sync under way. Use it in a with statement: no process outlives it."""

    def __init__(self, world: World, spec: dict, **flags):
        self._paths = {PLUGIN: world.plugin, DESTINATION: world.programs / "destination"}
        self._seen: dict[str, int] = {}
        self.started = time.monotonic()
        self._client = subprocess.Popen(
            world.command("sync", spec, backend_table=STATE_TABLE, **flags),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=world.environment,
        )
        self.ended = os.pidfd_open(self._client.pid)

    def __enter__(self) -> "Sync":
        return self

    def __exit__(self, *_) -> None:
        self._find_children()
        self._client.kill()
        self._client.communicate()
        os.close(self.ended)
        for name, pid in self._seen.items():
            if _program_of(pid) == self._paths[name].resolve():
                _kill(pid)

    def _find_children(self) -> None:
        for pid in _children(self._client.pid):
            for name, path in self._paths.items():
                if _program_of(pid) == path.resolve():
                    self._seen[name] = pid

    def kill(self, victim: str) -> bool:
        """False when it has ended already. Waits for a process that is not there yet."""
        deadline = time.monotonic() + PATIENCE
        while self._client.poll() is None and time.monotonic() < deadline:
            self._find_children()
            if len(self._seen) == len(self._paths):
                return _kill(self._client.pid if victim == CLIENT else self._seen[victim])
            time.sleep(0.005)
        return False

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def finish(self) -> dict | None:
        """The client's report; None when it was killed."""
        output, _ = self._client.communicate(timeout=PATIENCE)
        return json.loads(output) if output else None


def _children(parent: int) -> list[int]:
    try:
        tasks = Path(f"/proc/{parent}/task").glob("*/children")
        return [int(pid) for task in tasks for pid in task.read_text().split()]
    except OSError:
        return []  # it ended


def _program_of(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/exe").readlink()
    except OSError:
        return None


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class Point:
    """A moment to kill at: `fd` becomes readable then, or `seconds` have gone by."""

    fd: int | None = None
    seconds: float = PATIENCE

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass

    def spec(self, spec: dict) -> dict:
        """The spec to sync with."""
        return spec

    def reached(self, sync: Sync) -> bool:
        """Waits. False when the sync ended first."""
        fds = [sync.ended] + ([] if self.fd is None else [self.fd])
        ready, _, _ = select.select(fds, [], [], max(0, sync.started + self.seconds - time.monotonic()))
        if self.fd is not None and not ready:
            raise AssertionError(f"neither {self} nor the end of the sync came")
        return sync.ended not in ready or self.fd in ready

    def release(self) -> None:
        """Lets go on what is held."""


class AfterSeconds(Point):
    def __init__(self, seconds: float):
        self.seconds = seconds

    def __repr__(self) -> str:
        return f"after {self.seconds:.3f} s"


class AtRequest(Point):
    """While the sync's nth request for an object is held: the sync cannot be over yet."""

    def __init__(self, world: World, number: int):
        self._number, self._count = number, 0
        self._release, hold = os.pipe()
        self._hold: int | None = hold
        self.fd, self._notify = os.pipe()
        # Of its own, as requests of a plugin that is no more may still wait in another one.
        self._proxy = Proxy(world.server.port)
        self._proxy.rule = self._rule

    def __repr__(self) -> str:
        return f"at request {self._number}"

    def spec(self, spec: dict) -> dict:
        return {**spec, "endpoint": self._proxy.endpoint}

    def _rule(self, request) -> None:
        self._count += not request.is_list
        if self._count == self._number and not request.is_list:
            os.write(self._notify, b".")
            os.read(self._release, 1)  # until the pipe is closed

    def release(self) -> None:
        if self._hold is not None:
            os.close(self._hold)
        self._hold = None

    def __exit__(self, *_) -> None:
        self.release()
        self._proxy.stop()
        for fd in (self.fd, self._notify):
            os.close(fd)


class WhenStored(Point):
    """As soon as the database shows that a condition holds."""

    def __init__(self, world: World, what: str, condition: str):
        self._what = what
        self._query = subprocess.Popen(
            world.database.command(
                f"do $$ begin while not ({condition}) loop perform pg_sleep(0.0005); end loop; end $$"
            ),
            stdout=subprocess.DEVNULL,
        )
        self.fd = os.pidfd_open(self._query.pid)

    def __repr__(self) -> str:
        return f"when {self._what}"

    def __exit__(self, *_) -> None:
        self._query.kill()
        self._query.wait()
        os.close(self.fd)


def state_stored(world: World) -> Point:
    """As soon as the sync has stored its state, which is after the last record has left the plugin."""
    (before,) = world.database.column(f"select coalesce(sum(version), 0) from {STATE_TABLE}")
    return WhenStored(world, "the state was stored", f"(select sum(version) from {STATE_TABLE}) > {before}")


def rows_stored(world: World, table: str, count: int) -> Point:
    return WhenStored(world, f"{count} rows were stored", f'(select count(*) from "{table}") >= {count}')


@dataclass
class GrowingLake:
    """Two tables of rows with ids from 0, without a gap."""

    world: World
    objects: int = 4
    rows_each: int = 1500
    ids: dict[str, int] = field(default_factory=lambda: {"t": 0, "u": 0})

    def grow(self) -> None:
        for table in self.ids:
            for _ in range(self.objects):
                first = self.ids[table]
                body = parquet(numbers(first, self.rows_each))
                self.world.bucket.put(f"{table}/{first:08}.parquet", body)
                self.ids[table] += self.rows_each

    def missing(self) -> int:
        """Rows that are not in the database."""
        stored = [self.world.database.column(f"select count(distinct id) from {t}")[0] for t in self.ids]
        return sum(self.ids.values()) - sum(stored)

    def assert_stored(self, *, once: bool) -> None:
        """Every row is in the database as it is in the lake; `once`: and none is twice."""
        for table, count in self.ids.items():
            (found,) = self.world.database.rows(
                "select count(distinct id) as ids, min(id) as first, max(id) as last, "
                f"count(*) as rows, count(*) filter (where name <> 'row ' || id) as others from {table}"
            )
            rows = found.pop("rows")
            assert found == {"ids": count, "first": 0, "last": count - 1, "others": 0}, table
            assert rows == count if once else rows >= count, f"{rows} rows of {count} in {table}"


def any_point(world: World, lake: GrowingLake, seconds: float, random: Random) -> Point:
    """A random moment of a sync that takes about so long, with some weight on its end."""
    choices: list[Callable[[], Point]] = [
        lambda: AfterSeconds(random.uniform(0, 1) * seconds),
        lambda: AtRequest(world, random.randint(1, 2 * lake.objects)),
        lambda: rows_stored(world, "t", lake.ids["t"] - random.randint(0, lake.objects * lake.rows_each)),
        lambda: state_stored(world),
    ]
    return random.choice(choices)()
