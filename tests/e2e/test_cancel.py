"""A client that leaves: a thousand times, at any point, and nothing of it stays in the plugin.

CQS3_SEED repeats a run; CQS3_CANCELS makes it shorter.
"""

import os
import random
import time

import grpc
import pytest
from cloudquery.plugin_v3 import plugin_pb2
from fake_s3.wire import Request
from invariants import MEMORY_FACTOR, check_rows, find_secrets
from lake.versions import Lake, rows_of
from station import Outcome, Station, take

CANCELS = int(os.environ.get("CQS3_CANCELS") or 1000)
WARM_UP = CANCELS // 10
BUCKET = "cancel"
# gRPC's pools follow the load by a thread or two. One thread left by each sync would be a thousand.
GRPC = ("default-executo", "resolver-execut", "event_engine", "grpc", "nexting_thread", "timer_manager")
MOST_GRPC_GROWTH = 8
KEYS = [f"t{i % 2}/{i}.parquet" for i in range(8)] + ["l/large.parquet"]
DEADLINE_SECONDS = 60
# After the warm-up memory is what the allocator keeps, which goes up and down with how syncs overlap. One
# client of the AWS library with its threads, or one buffer of a read, is more than 100 KiB: if each sync
# left one of them behind this would be passed after a third of them.
MOST_GROWTH = 32 << 20


@pytest.fixture
def station(plugin, tmp_path):
    station = Station(plugin, tmp_path, "plugin")
    yield station
    station.stop()


def wait_until(condition, what: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


def init_when_free(station: Station) -> None:
    """The sync that was cancelled may still be ending."""

    def may_begin() -> bool:
        try:
            station.init(BUCKET)
            return True
        except grpc.RpcError as error:
            assert "already in use" in error.details(), error.details()
            return False

    wait_until(may_begin, lambda: "a cancelled sync does not end")


def close(station: Station) -> None:
    station.stub.Close(plugin_pb2.Close.Request())


def cancelled_sync(station: Station, dice: random.Random, requests: int, messages: int) -> bool:
    """Leaves at a random request or message. Whether it did before the sync had ended."""
    init_when_free(station)
    call = station.start_sync()
    if dice.random() < 0.5:
        at_request, at_message = dice.randint(1, requests), None
    else:
        at_request, at_message = None, dice.randint(0, messages)

    def watch(request: Request) -> None:
        if request.number == at_request:
            call.cancel()

    station.s3.take_log()
    station.s3.watcher = watch
    if at_message == 0:
        call.cancel()
    outcome = Outcome()
    try:
        for received, message in enumerate(call, 1):
            take(message, outcome)
            if received == at_message:
                call.cancel()
        return False
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.CANCELLED, error
        return True
    finally:
        station.s3.watcher = lambda request: None
        check_rows(outcome)


def test_a_thousand_cancelled_syncs_leave_nothing_behind(station):
    seed = int(os.environ.get("CQS3_SEED") or random.randrange(1 << 32))
    print(f"CQS3_SEED={seed}")
    dice = random.Random(seed)
    lake = Lake(station.s3.bucket(BUCKET), KEYS)
    whole = station.sync(BUCKET)
    assert whole.status == "OK"
    messages = len(whole.batches) + len(whole.tables)
    empty: dict = {}

    def cancel(times: int) -> int:
        cancelled = 0
        for _ in range(times):
            # Without what the last one stored: so that there is as much to be done each time.
            station.state.rows = dict(empty)
            cancelled += cancelled_sync(station, dice, len(whole.requests), messages)
        return cancelled

    cancel(WARM_UP)
    init_when_free(station)
    close(station)
    process = station.process
    threads, files, memory = settled(process)
    cancelled = cancel(CANCELS)
    assert cancelled > CANCELS / 2, f"only {cancelled} were cancelled in time"
    init_when_free(station)
    close(station)
    wait_until(lambda: others(process.threads()) == others(threads), process.threads)
    assert len(process.threads()) <= len(threads) + MOST_GRPC_GROWTH, process.threads()
    wait_until(lambda: process.files() <= files, lambda: f"{process.files()} files after {files}")
    growth = process.memory_bytes() - memory
    print(f"{cancelled} cancelled, {len(threads)} threads, {files} files, memory grew by {growth >> 10} KiB")
    assert growth < MOST_GROWTH * MEMORY_FACTOR, f"memory grew by {growth >> 20} MiB"
    station.state.rows = {}
    after = station.sync(BUCKET)
    assert (after.status, after.skipped) == ("OK", [])
    check_rows(after)
    assert set(after.rows) == set().union(*(rows_of(key, version) for key, version in lake.now().items()))
    assert find_secrets(station.log_path.read_text()) == []


def others(threads: list[str]) -> list[str]:
    """Threads that are not gRPC's."""
    return [name for name in threads if not name.startswith(GRPC)]


def test_a_client_that_leaves_at_once_leaves_no_connection_to_the_state_backend(station):
    """gRPC keeps a connection whose channel goes between two steps of its beginning."""
    Lake(station.s3.bucket(BUCKET), KEYS[:1])
    assert station.sync(BUCKET).status == "OK"
    init_when_free(station)
    close(station)
    _, files, _ = settled(station.process)
    for _ in range(150):
        init_when_free(station)
        call = station.start_sync()
        call.cancel()
        with pytest.raises(grpc.RpcError):
            list(call)
    init_when_free(station)
    close(station)
    process = station.process
    wait_until(lambda: process.files() <= files, lambda: f"{process.files()} files after {files}")


def settled(process) -> tuple[list[str], int, int]:
    """Threads, files and memory when none of the first two has changed for half a second."""
    before, since = None, time.monotonic()
    deadline = since + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        now = (process.threads(), process.files())
        if now != before:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > 0.5:
            break
        time.sleep(0.02)
    return *before, process.memory_bytes()


def test_what_was_cancelled_is_read_by_the_next_sync(station):
    """Whatever the cancelled sync stored, the two together deliver all."""
    lake = Lake(station.s3.bucket(BUCKET), KEYS)
    whole = station.sync(BUCKET)
    messages = len(whole.batches) + len(whole.tables)
    for point in range(0, messages, max(1, messages // 10)):
        station.state.rows = {}
        init_when_free(station)
        call = station.start_sync()
        outcome = Outcome()
        try:
            for received, message in enumerate(call):
                if received == point:
                    call.cancel()
                    break
                take(message, outcome)
        except grpc.RpcError:
            pass
        init_when_free(station)
        if station.state.rows:
            continue  # it had ended before it was cancelled
        after = station.sync(BUCKET)
        assert after.status == "OK", after.error
        assert set(after.rows) == set().union(*(rows_of(k, v) for k, v in lake.now().items()))
