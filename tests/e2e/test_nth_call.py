"""The N-th call to S3 fails, for every N and in every way; afterwards the invariants hold.

CQS3_NTH_CALL=all tries all ways from every N on as well, stalls, other concurrencies, and more mixtures of
failures. CQS3_SEED repeats the mixtures.
"""

import os
import random
from dataclasses import dataclass

import pytest
from fake_s3 import Fault
from invariants import (
    check_next_sync,
    check_process,
    check_requests,
    check_rows,
    find_secrets,
    is_named,
    signatures_in,
)
from lake.versions import Lake, rows_of
from station import Outcome, Station
from stations import Stations

STATIONS = 16
ALL = os.environ.get("CQS3_NTH_CALL") == "all"
BUCKET = "nth-call"
MIXTURES = 1000 if ALL else 60
KNOWN = ["a/0.parquet", "b/0.parquet", "l/0.parquet"]
ADDED = ["a/1.parquet", "a/2.parquet", "b/1.parquet", "c/0.parquet", "l/large.parquet"]

# What may come of one failed call: it is repeated and nothing is seen; or a read costs its object and a
# listing the sync.
PASSES = "passes"
COSTS = "costs"
WAYS = {
    "reset before the answer": (PASSES, {"send_head": False, "then": "reset"}),
    "reset in the body": (PASSES, {"send_bytes": 90, "then": "reset"}),
    "short body": (PASSES, {"send_bytes": 90, "then": "close"}),
    "500": (PASSES, {"status": 500, "code": "InternalError"}),
    "503": (PASSES, {"status": 503, "code": "SlowDown"}),
    "403": (COSTS, {"status": 403, "code": "AccessDenied", "echo": True}),
    "404": (COSTS, {"status": 404, "code": "NoSuchKey"}),
    "412": (COSTS, {"status": 412, "code": "PreconditionFailed"}),
    "400": (COSTS, {"status": 400, "code": "Odd", "echo": True}),
    "expired": (PASSES, {"status": 400, "code": "ExpiredToken"}),
    "overwritten": (COSTS, {"before": {"overwrite": "l/large.parquet"}}),
    "deleted": (COSTS, {"before": {"delete": "l/large.parquet"}}),
}
LIST_WAYS = {
    "truncated XML": (PASSES, {"cut_bytes": 25}),
    "error in a 200": (PASSES, {"body": "<Error><Code>InternalError</Code></Error>"}),
    "empty body": (PASSES, {"body": ""}),
}
STALL = {"stall": (PASSES, {"send_bytes": 90, "then": "stall"})}
FOR_EVER = ("reset in the body", "503", "403", "404", "412")


@dataclass(frozen=True)
class Failure:
    way: str
    number: int
    operation: str | None = None  # count only these
    for_ever: bool = False
    concurrency: int = 8

    def fault(self) -> Fault:
        match = {"calls": {"from": self.number} if self.for_ever else self.number}
        if self.operation:
            match["operation"] = self.operation
        action = {**WAYS, **LIST_WAYS, **STALL}[self.way][1]
        return Fault({"match": match, "action": action}, str(self))

    def passes(self) -> bool:
        return not self.for_ever and {**WAYS, **LIST_WAYS, **STALL}[self.way][0] == PASSES


class Scene:
    """A lake of which a part was synced before. The same for every failure."""

    def __init__(self, station: Station):
        station.s3.page_keys = 3
        self.station = station
        self.lake = Lake(station.s3.bucket(BUCKET), KNOWN)
        station.state.rows = {}
        assert station.sync(BUCKET).status == "OK"
        self._values = dict(station.state.rows)
        self.known = self.lake.now()

    def set(self) -> None:
        self.lake = Lake(self.station.s3.bucket(BUCKET), KNOWN + ADDED)
        self.station.state.rows = dict(self._values)


_scenes: dict[Station, Scene] = {}


def scene_of(station: Station) -> Scene:
    if station not in _scenes:
        _scenes[station] = Scene(station)
    _scenes[station].set()
    return _scenes[station]


def count_calls(station: Station, concurrency: int) -> dict[str, int]:
    """Of a sync in which nothing fails."""
    scene_of(station)
    outcome = station.sync(BUCKET, concurrency=concurrency)
    assert (outcome.status, outcome.skipped) == ("OK", [])
    assert outcome.objects_read() == set(ADDED)
    lists = sum(request.operation == "list" for request in outcome.requests)
    assert lists >= 3, "a listing of several pages"
    large = [r for r in outcome.requests if r.key == "l/large.parquet"]
    assert len(large) > 3, "an object that is read in ranges"
    return {"all": len(outcome.requests), "list": lists}


def run_failures(station: Station, failures: list[Failure], stations: Stations) -> int:
    """Returns how many calls failed."""
    scene = scene_of(station)
    state = station.state.values()
    station.s3.faults = [failure.fault() for failure in failures]
    outcome = station.sync(BUCKET, concurrency=failures[0].concurrency)
    station.s3.faults = []
    station.s3.disconnect()
    signatures = signatures_in(outcome)
    stations.add_signatures(signatures)
    hit = [(r.operation, r.key, r.headers.get("range")) for r in outcome.requests if r.faults]
    try:
        check_outcome(failures, outcome, hit)
        check_rows(outcome)
        check_requests(outcome)
        check_process(station)
        assert find_secrets(outcome.error + "".join(outcome.skipped), signatures) == []
        check_next_sync(station, scene.lake, outcome, state, scene.known)
    except AssertionError as error:
        raise AssertionError(f"hit {hit[:3]}: {error}") from error
    return len(hit)


def check_outcome(failures: list[Failure], outcome: Outcome, hit: list) -> None:
    # One request may find its credentials expired once.
    expired = sum(failure.way == "expired" for failure in failures)
    if (all(failure.passes() for failure in failures) and expired <= 1) or not hit:
        assert (outcome.status, outcome.skipped) == ("OK", []), f"{outcome.error} {outcome.skipped}"
        assert set(outcome.rows) == set().union(*(rows_of(key) for key in ADDED))
    elif outcome.status == "OK":
        for text in outcome.skipped:
            assert any(is_named(key, text) for key in ADDED), text
    else:
        assert outcome.error, "a sync that fails without a word"


def failures(calls: dict[str, int], concurrency: int) -> list[Failure]:
    every = range(1, calls["all"] + 1)
    some = every if ALL else sorted({1, 2, calls["list"] + 1, calls["all"] // 2, calls["all"]})
    chosen = [Failure(way, n, concurrency=concurrency) for way in WAYS for n in every]
    lists = range(1, calls["list"] + 1)
    chosen += [Failure(way, n, "list", concurrency=concurrency) for way in LIST_WAYS for n in lists]
    chosen += [Failure(way, n, None, True, concurrency) for way in FOR_EVER for n in some]
    # It takes half a minute each.
    stalls = every if ALL else (1, calls["all"] // 2, calls["all"])
    return [Failure("stall", n, concurrency=concurrency) for n in stalls] + chosen


def mixtures(calls: dict[str, int], seed: int) -> list[list[Failure]]:
    """Two to four calls of a sync fail, in one way or several."""
    dice = random.Random(seed)
    ways = list(WAYS)
    return [
        [
            Failure(dice.choice(ways), dice.randint(1, calls["all"] + 4), concurrency=dice.choice([1, 4, 8]))
            for _ in range(dice.randint(2, 4))
        ]
        for _ in range(MIXTURES)
    ]


def run_all(stations: Stations, chosen: list[list[Failure]]) -> int:
    """Returns how many calls failed in all syncs together."""
    running = [(failures, stations.run(run_failures, failures, stations)) for failures in chosen]
    errors, failed_calls = [], 0
    for failures, future in running:
        try:
            failed_calls += future.result()
        except Exception as error:
            errors.append(f"{failures}: {type(error).__name__} {error}")
    print(f"{len(chosen)} syncs, {failed_calls} calls failed, {len(errors)} errors")
    assert not errors, "\n\n".join(errors[:10])
    return failed_calls


@pytest.fixture(scope="module")
def stations(plugin, tmp_path_factory):
    stations = Stations(plugin, tmp_path_factory.mktemp("nth-call"), STATIONS)
    yield stations
    stations.stop()


@pytest.mark.parametrize("concurrency", [1, 8, 50] if ALL else [8])
def test_the_invariants_hold_whichever_call_fails(stations, concurrency):
    calls = stations.run(count_calls, concurrency).result()
    chosen = failures(calls, concurrency)
    print(f"{calls} calls in each sync")
    failed_calls = run_all(stations, [[failure] for failure in chosen])
    assert failed_calls >= len(chosen) * 0.95, "most of what should have failed did not"


def test_the_invariants_hold_whichever_calls_fail_together(stations):
    seed = int(os.environ.get("CQS3_SEED") or random.randrange(1 << 32))
    print(f"CQS3_SEED={seed}")
    calls = stations.run(count_calls, 8).result()
    assert run_all(stations, mixtures(calls, seed)) >= MIXTURES


def test_no_log_of_a_failed_call_tells_a_secret(stations):
    assert list(stations.folder.glob("*.log")), "nothing was run"
    assert stations.secrets_in_logs() == []
