"""S3's times say little about when an object appeared. None is lost to them, and none is read twice."""

import pytest
from fake_s3 import Fault
from lake.versions import Lake, body_of, rows_of
from station import Station


@pytest.fixture(scope="module")
def station(plugin, tmp_path_factory):
    station = Station(plugin, tmp_path_factory.mktemp("times"), "plugin")
    yield station
    station.stop()


@pytest.fixture
def lake(station, request):
    station.s3.page_keys = 1000
    station.s3.faults = []
    return Lake(station.s3.bucket(f"bucket-{abs(hash(request.node.name))}"), ["t/0.parquet", "t/1.parquet"])


def read_by_sync(station, lake) -> set[str]:
    """Keys of the objects that a sync reads; all that it brings are rows of theirs."""
    outcome = station.sync(lake.bucket.name, concurrency=1)
    assert (outcome.status, outcome.skipped) == ("OK", [])
    keys = outcome.objects_read()
    assert sorted(outcome.rows) == sorted(row for key in keys for row in rows_of(key, lake.versions[key]))
    return keys


def put(lake, key: str) -> None:
    lake.bucket.put(key, lake.bucket.new_version(key))


def test_an_upload_that_was_begun_before_the_newest_object(station, lake):
    upload = lake.bucket.begin_upload("t/late.parquet")
    station.s3.clock.advance(6 * 3600)
    put(lake, "t/2.parquet")
    assert read_by_sync(station, lake) == {"t/0.parquet", "t/1.parquet", "t/2.parquet"}
    lake.versions["t/late.parquet"] = 1
    upload.complete(body_of("t/late.parquet"))
    assert read_by_sync(station, lake) == {"t/late.parquet"}
    assert read_by_sync(station, lake) == set()


def test_an_object_of_the_same_second_as_the_newest(station, lake):
    assert len(read_by_sync(station, lake)) == 2
    put(lake, "t/2.parquet")
    assert read_by_sync(station, lake) == {"t/2.parquet"}
    assert read_by_sync(station, lake) == set()


def test_a_version_of_the_same_second_as_the_last(station, lake):
    assert len(read_by_sync(station, lake)) == 2
    put(lake, "t/0.parquet")
    assert read_by_sync(station, lake) == {"t/0.parquet"}
    assert read_by_sync(station, lake) == set()


def test_the_same_bytes_uploaded_again_are_not_read_again(station, lake):
    assert len(read_by_sync(station, lake)) == 2
    station.s3.clock.advance(100)
    lake.bucket.put("t/0.parquet", body_of("t/0.parquet"))
    assert read_by_sync(station, lake) == set()


def test_an_object_written_behind_the_position_of_the_listing(station, lake):
    """Before the token of the next page, while a later page shows a newer object."""
    station.s3.page_keys = 1
    late = {"before": {"overwrite": "t/00.parquet"}}
    newer = {"before": {"overwrite": "t/1.parquet"}}
    station.s3.faults = [
        Fault({"match": {"operation": "list", "continued": True, "calls": 2}, "action": late}),
        Fault({"match": {"operation": "list", "continued": True, "calls": 2}, "action": newer}),
    ]
    put(lake, "t/01.parquet")
    assert "t/00.parquet" not in read_by_sync(station, lake)
    station.s3.faults = []
    assert read_by_sync(station, lake) == {"t/00.parquet"}
    assert read_by_sync(station, lake) == set()


@pytest.mark.parametrize("hours", [-30, 30])
def test_a_server_whose_clock_jumps(station, lake, hours):
    """What is older than the newest object by more than the look-back of 24 hours counts as delivered."""
    assert len(read_by_sync(station, lake)) == 2
    station.s3.clock.advance(hours * 3600)
    put(lake, "t/2.parquet")
    found = read_by_sync(station, lake)
    assert found == ({"t/2.parquet"} if hours > 0 else set())
    assert read_by_sync(station, lake) == set()
