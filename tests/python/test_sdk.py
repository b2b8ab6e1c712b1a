"""A second, independent implementation of CloudQuery's protocol reads what the plugin sends."""

import json
import subprocess

import grpc
import pyarrow as pa
import pytest
from cloudquery.sdk.types import UUIDType
from lake import all_types
from lake.files import numbers, parquet, truncated
from lake.processes import free_port, stop, wait_for_port
from sdk_client import SdkClient


@pytest.fixture
def sdk(world):
    port = free_port()
    process = subprocess.Popen(
        [world.plugin, "serve", "--network", "tcp", "--address", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        env=world.environment,
    )
    wait_for_port(port, process)
    client = SdkClient(f"127.0.0.1:{port}")
    yield client
    client.close()
    stop(process)


def init(sdk, world, **changes) -> None:
    sdk.init(json.dumps(world.spec(**changes)).encode())


def test_versions_and_name_come_before_init(sdk):
    assert sdk.versions() == [3]
    assert sdk.name() == "cq-source-s3"


def test_tables_are_read_by_the_sdk(sdk, world):
    world.bucket.put("data/2024/f.parquet", parquet(numbers(0, 3)))
    world.bucket.put("logs/f.parquet", parquet(numbers(0, 3)))
    init(sdk, world)
    table, other = sdk.tables("*")
    assert [table.name, other.name] == ["data_2024", "logs"]
    assert [t.name for t in sdk.tables("l*")] == ["logs"]
    assert table.is_incremental
    assert table.primary_keys == ["_cq_id"] and table.incremental_keys == []
    id_column, parent, *own = table.columns
    assert (id_column.name, id_column.type) == ("_cq_id", UUIDType())
    assert id_column.not_null and id_column.unique
    assert (parent.name, parent.type) == ("_cq_parent_id", UUIDType())
    assert not parent.not_null and not parent.unique
    assert [(column.name, column.type) for column in own] == [("id", pa.int64()), ("name", pa.string())]


def test_records_are_read_by_the_sdk(sdk, world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 5)))
    world.bucket.put("t/1.parquet", parquet(numbers(5, 3)))
    init(sdk, world, rows_per_record=2)
    received = sdk.sync("*")
    batches = received.batches["t"]
    assert max(batch.num_rows for batch in batches) == 2
    for batch in batches:
        batch.validate(full=True)
        assert batch.schema.equals(received.schemas["t"], check_metadata=True)
    table = pa.Table.from_batches(batches).sort_by("id")
    assert table.select(["id", "name"]).to_pylist() == numbers(0, 8).to_pylist()
    ids = table.column("_cq_id")
    assert ids.type == UUIDType() and ids.null_count == 0
    assert len({bytes(i.as_py()) for i in ids}) == 8
    assert table.column("_cq_parent_id").null_count == 8


def test_types_are_read_by_the_sdk(sdk, world):
    world.bucket.put("types/f.parquet", parquet(all_types.table()))
    init(sdk, world)
    received = sdk.sync("*")
    (batch,) = received.batches["types"]
    assert batch.schema.field("uuid").type == UUIDType()
    for case in all_types.cases():
        column = batch.column(case.name)
        storage = column.storage if isinstance(column.type, pa.BaseExtensionType) else column
        assert storage.to_pylist() == case.sent.to_pylist(), case.name


def test_errors_are_read_by_the_sdk(sdk, world):
    world.bucket.put("t/0.parquet", truncated(parquet(numbers(0, 5))))
    world.bucket.put("t/1.parquet", parquet(numbers(5, 3)))
    init(sdk, world)
    ((table, text),) = sdk.sync("*").errors
    assert table == "t" and "t/0.parquet" in text


def test_calls_in_the_wrong_order_are_refused(sdk):
    for call in (sdk.tables, sdk.sync):
        with pytest.raises(grpc.RpcError, match="not initialized"):
            call("*")


def test_a_refused_spec_is_told(sdk):
    with pytest.raises(grpc.RpcError, match="bucket"):
        sdk.init(b'{"region": "eu-central-1"}')
    with pytest.raises(grpc.RpcError, match="bucket"):
        sdk.init(b"null")
