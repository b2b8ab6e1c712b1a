"""Objects made to break their reader, in one bucket with good ones, in a process of 512 MiB."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pyarrow as pa
import pytest
from cloudquery.plugin_v3 import arrow
from invariants import MEMORY_FACTOR
from lake import hostile
from lake.files import numbers, parquet
from lake.limited import LimitedProcess
from lake.processes import free_port, wait_for_port
from lake.s3_server import ACCESS_KEY, SECRET_KEY
from sdk_client import SdkClient

MIB = 1 << 20
PROCESS_BYTES = 512 * MIB
GOOD_ROWS = 7
MOST_SECONDS = 900
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_EC2_METADATA_DISABLED": "true",
}
OWN_COLUMNS = ("_cq_id", "_cq_parent_id")


@dataclass
class Table:
    columns: list[str] = field(default_factory=list)
    rows: int = 0
    values: list[dict] = field(default_factory=list)  # of the first rows


@dataclass
class Outcome:
    """What came of a sync; values of long tables are not kept."""

    tables: dict[str, Table] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    failure: str = ""
    peak_bytes: int = 0
    exit_status: int | None = None

    def take(self, message) -> None:
        kind = message.WhichOneof("message")
        if kind == "error":
            self.errors.setdefault(message.error.table_name, []).append(message.error.error)
            return
        if kind == "migrate_table":
            schema = arrow.new_schema_from_bytes(message.migrate_table.table)
        else:
            batch = arrow.new_record_from_bytes(message.insert.record)
            batch.validate(full=True)
            schema = batch.schema
        table = self.tables.setdefault(schema.metadata[b"cq:table_name"].decode(), Table())
        table.columns = [name for name in schema.names if name not in OWN_COLUMNS]
        if kind == "insert":
            table.rows += batch.num_rows
            if table.rows < 1000 and batch.nbytes < MIB:
                table.values += batch.select(table.columns).to_pylist()


def table_of(case: str) -> str:
    return f"case_{case}".lower()


def put_all(bucket) -> None:
    for number, (name, case) in enumerate(hostile.CASES.items()):
        bucket.put(f"{table_of(name)}/hostile.parquet", case.make())
        bucket.put(f"{table_of(name)}_zz_good/good.parquet", parquet(numbers(number * 100, GOOD_ROWS)))
    bucket.put("case_schemas_differ/0.parquet", parquet(numbers(0, 1)))
    bucket.put("case_schemas_differ/1.parquet", parquet({"id": pa.array(["text"])}))


def sync(program: Path, spec: dict) -> Outcome:
    port = free_port()
    command = [str(program), "serve", "--network", "tcp", "--address", f"127.0.0.1:{port}"]
    plugin = LimitedProcess(command, PROCESS_BYTES, ENVIRONMENT)
    outcome = Outcome()
    try:
        wait_for_port(port, plugin.process)
        client = SdkClient(f"127.0.0.1:{port}")
        client.init(json.dumps(spec).encode())
        try:
            for message in client.messages("*", seconds=MOST_SECONDS):
                outcome.take(message)
        except grpc.RpcError as error:
            assert error.code() != grpc.StatusCode.DEADLINE_EXCEEDED, "the sync hangs"
            outcome.failure = error.details()
        if plugin.is_alive():
            outcome.peak_bytes = plugin.peak_bytes()
        client.close()
    finally:
        outcome.exit_status = plugin.stop()
    return outcome


@pytest.fixture(scope="module")
def outcome(plugin, s3_server):
    bucket = s3_server.bucket("hostile")
    put_all(bucket)
    spec = {
        "bucket": bucket.name,
        "region": s3_server.region,
        "endpoint": s3_server.endpoint,
        "path_style": True,
        "memory_limit": "128MiB",
    }
    return sync(plugin, spec)


def test_the_process_lives_within_its_memory(outcome):
    assert outcome.exit_status == 0
    assert 0 < outcome.peak_bytes < PROCESS_BYTES * MEMORY_FACTOR
    print(f"{len(hostile.CASES)} cases, peak {outcome.peak_bytes >> 20} MiB")


@pytest.mark.parametrize("name", hostile.CASES)
def test_hostile(outcome, name):
    expected = hostile.CASES[name].outcome
    errors = outcome.errors.get(table_of(name), [])
    table = outcome.tables.get(table_of(name), Table())
    if isinstance(expected, hostile.Skipped):
        (error,) = errors
        assert f"{table_of(name)}/hostile.parquet" in error and expected.because in error
        return
    assert errors == []
    assert table.rows == expected.count
    if expected.columns is not None:
        assert table.columns == expected.columns
    if expected.values is not None:
        assert table.values == expected.values


def test_good_objects_are_delivered_all_the_same(outcome):
    for number, name in enumerate(hostile.CASES):
        table = outcome.tables[f"{table_of(name)}_zz_good"]
        assert table.values == numbers(number * 100, GOOD_ROWS).to_pylist(), name
    good = [table for table in outcome.errors if table.endswith("_zz_good")]
    assert good == []


def test_a_table_of_two_schemas_fails_alone(outcome):
    assert " 1 of " in outcome.failure
    assert "case_schemas_differ/0.parquet" in outcome.failure
    assert "case_schemas_differ/1.parquet" in outcome.failure
