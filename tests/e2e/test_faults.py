"""Every fault of fake_s3/faults comes to the outcome that its file states. No code knows a single fault."""

import socket
import threading
import time

import pytest
from fake_s3 import Case, load_cases
from invariants import (
    MEMORY_FACTOR,
    check_next_sync,
    check_process,
    check_requests,
    check_rows,
    find_secrets,
    is_named,
    signatures_in,
)
from lake.versions import KEYS, Lake, rows_of
from station import SECRET_KEY, SESSION_TOKEN, Outcome, Station
from stations import Stations

CASES = load_cases()
# Those that wait half a minute for a stalled socket do it side by side.
STATIONS = 16
EXPECTATIONS = {"status", "error", "skipped", "partly", "delivered", "log", "retries", "requests", "tables"}


class Trap:
    """A server that nobody must talk to: where redirects and metadata addresses point."""

    def __init__(self):
        self.visits = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                self._listener.accept()[0].close()
            except OSError:
                return
            self.visits += 1

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture(scope="module")
def stations(plugin, tmp_path_factory):
    stations = Stations(plugin, tmp_path_factory.mktemp("faults"), STATIONS)
    yield stations
    stations.stop()


@pytest.fixture(scope="module")
def running(request, stations):
    """All chosen cases are started at once; each test waits for its own."""
    chosen = [
        item.callspec.params["case"] for item in request.session.items if "running" in item.fixturenames
    ]
    # What takes longest first.
    chosen.sort(key=lambda case: "stall" not in case.id)
    return {case.id: stations.run(run_case, case, stations) for case in chosen}


def run_case(station: Station, case: Case, stations: Stations) -> None:
    expect = case.expect
    assert set(expect) <= EXPECTATIONS, f"unknown expectations: {set(expect) - EXPECTATIONS}"
    trap = Trap()
    bucket = station.s3.bucket(f"bucket-{time.monotonic_ns()}")
    lake = Lake(bucket, KEYS[case.lake])
    start = lake.now()
    state = station.state.values()
    station.s3.page_keys = 2 if case.lake == "small" else 1000
    faults = case.new_faults(trap=trap.address, bucket=bucket.name)
    station.s3.faults = list(faults)
    try:
        outcome = station.sync(bucket.name, **case.spec)
    finally:
        station.s3.faults = []
        station.s3.disconnect()
    signatures = signatures_in(outcome)
    stations.add_signatures(signatures)
    assert all(fault.met for fault in faults), "a fault was never met"
    check_outcome(case, outcome, start)
    check_requests(outcome)
    check_rows(outcome)
    check_process(station)
    assert trap.visits == 0, "the plugin went where a server sent it"
    assert find_secrets(outcome.error + "".join(outcome.skipped), signatures) == []
    check_next_sync(station, lake, outcome, state)
    trap.stop()


def check_outcome(case: Case, outcome: Outcome, start: dict[str, int]) -> None:
    expect = case.expect
    said = f"{outcome.status}: {outcome.error}\n{outcome.skipped}"
    assert outcome.status == expect.get("status", "OK"), said
    for fragment in expect.get("error", []):
        assert fragment.lower() in outcome.error.lower(), said
    skipped = expect.get("skipped", {})
    for key, fragment in skipped.items():
        (text,) = [text for text in outcome.skipped if is_named(key, text)]
        assert fragment in text, said
    if outcome.status == "OK":
        assert len(outcome.skipped) == len(skipped), said
        check_delivered(expect, outcome, start)
    if "tables" in expect:
        assert len(outcome.tables) == expect["tables"], outcome.tables
    for fragment in expect.get("log", []):
        assert any(fragment in str(line) for line in outcome.log), f"{fragment} is not in the log"
    check_numbers(expect, outcome)


def check_delivered(expect: dict, outcome: Outcome, start: dict[str, int]) -> None:
    """All rows of all objects, but for those that were skipped."""
    expected = set()
    for key, version in {**start, **expect.get("delivered", {})}.items():
        if key not in expect.get("skipped", {}) and version:
            expected |= rows_of(key, version)
    sent = set(outcome.rows)
    partly = {row for row in sent if row[0] in expect.get("partly", [])}
    assert bool(partly) == bool(expect.get("partly")), "rows of an object that was skipped"
    assert sent - partly == expected, (
        f"{len(expected - sent)} rows missing, {len(sent - partly - expected)} more"
    )


def check_numbers(expect: dict, outcome: Outcome) -> None:
    def within(number: int, bounds) -> bool:
        least, most = bounds if isinstance(bounds, list) else (bounds, bounds)
        return least <= number <= most

    for what, bounds in expect.get("requests", {}).items():
        operation, _, key = what.partition(" ")
        found = [r for r in outcome.requests if r.operation == operation and key in ("", r.key)]
        assert within(len(found), bounds), f"{what}: {len(found)} requests"
    if "retries" in expect:
        (line,) = [line for line in outcome.log if line.get("message") == "sync complete"]
        assert within(line["retried_requests"], expect["retries"]), line


def parameter(case: Case):
    # Some gaps are in memory, which has other limits with a sanitizer.
    strict = MEMORY_FACTOR == 1
    gap = [pytest.mark.xfail(strict=strict, reason=case.known_gap)] if case.known_gap else []
    return pytest.param(case, id=case.id, marks=gap)


@pytest.mark.parametrize("case", [parameter(case) for case in CASES])
def test_fault(running, case):
    running[case.id].result()


def test_no_log_of_a_fault_tells_a_secret(stations):
    assert list(stations.folder.glob("*.log")), "nothing was run"
    assert stations.secrets_in_logs() == []
    lines = sum(len(path.read_text().splitlines()) for path in stations.folder.glob("*.log"))
    assert lines > 10


@pytest.mark.parametrize(
    "text",
    [
        f"AWS_SECRET_ACCESS_KEY={SECRET_KEY}",
        f"x-amz-security-token:{SESSION_TOKEN}",
        "X-Amz-Security-Token=" + SESSION_TOKEN.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D"),
        SESSION_TOKEN[:50],
        "Authorization: ... Signature=0123abcd",
    ],
)
def test_a_planted_secret_is_found(text):
    assert find_secrets(f"2026 INF {text.upper()} x") + find_secrets(text, {"0123abcd"}) != []
