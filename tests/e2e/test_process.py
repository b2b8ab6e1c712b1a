"""The plugin as a process: how it starts, is stopped, serves again; and the CLI's other commands."""

import signal
import subprocess

import pytest
from lake.files import numbers, parquet
from lake.processes import free_port, stop, wait_for_port

MANY_ROWS = 200_000


@pytest.fixture
def many_rows(world):
    for number in range(4):
        first = number * MANY_ROWS // 4
        world.bucket.put(f"t/{number}.parquet", parquet(numbers(first, MANY_ROWS // 4)))
    return world


def slow_spec(world) -> dict:
    return world.spec(rows_per_record=10)


def test_interrupted_plugin_ends_well_and_keeps_no_state(many_rows):
    result = many_rows.run(
        "sync", slow_spec(many_rows), interrupt_after_rows=1000, interrupt="plugin", backend_table="cq_state"
    )
    assert result.status == 1 and "unexpected error from sync client receive" in result.error
    assert result.source_stop == "", "the plugin did not end with exit status 0"
    assert result.resources < MANY_ROWS
    assert many_rows.state() == {}


def test_interrupted_client_keeps_no_state_and_the_next_sync_is_whole(many_rows):
    result = many_rows.run("sync", slow_spec(many_rows), interrupt_after_rows=1000, backend_table="cq_state")
    assert result.status == 1 and result.resources < MANY_ROWS
    assert many_rows.state() == {}
    many_rows.sync_with_state(many_rows.spec(rows_per_record=20_000))
    counts = "count(*) as rows, count(distinct id) as ids, sum(id) as sum"
    (found,) = many_rows.database.rows(f"select {counts} from t")
    total = MANY_ROWS * (MANY_ROWS - 1) // 2
    assert found == {"rows": MANY_ROWS, "ids": MANY_ROWS, "sum": total}


@pytest.fixture
def serving(world):
    """The plugin, served on a TCP port as in registry grpc."""
    port = free_port()
    process = subprocess.Popen(
        [world.plugin, "serve", "--network", "tcp", "--address", f"127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL,
        env=world.environment,
    )
    wait_for_port(port, process)
    yield f"127.0.0.1:{port}", process
    stop(process)


def test_an_argument_that_serve_does_not_know_is_told(world):
    command = [world.plugin, "serve", "--address", f"127.0.0.1:{free_port()}", "--adress", "[::]:7777"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=world.environment) as process:
        told = []
        while not told or "listening" not in told[-1]:
            told.append(process.stdout.readline())
            assert told[-1], "it ended"
        stop(process)
    ignored = [line for line in told if " warn " in line and "ignores" in line]
    assert ["--adress" in ignored[0], "[::]:7777" in ignored[1]] == [True, True], told


def test_two_sessions_of_registry_grpc(world, serving):
    address, process = serving
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    other = world.server.bucket(f"{world.bucket.name}-other")
    other.put("u/0.parquet", parquet(numbers(7, 2)))
    first = world.sync(registry="grpc", source_path=address)
    second = world.sync(world.spec(bucket=other.name), registry="grpc", source_path=address)
    assert first.migrated == ["t"] and second.migrated == ["u"]
    assert world.database.column("select id from u order by id") == [7, 8]
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0


def plugin_lines(result, level: str) -> list[dict]:
    """Without the lines of the client's own code about the process."""
    return [line for line in result.log if line.get("level") == level and "module" in line]


@pytest.mark.parametrize("level", ["trace", "debug", "warn", "error"])
def test_flags_of_the_cli(world, level):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    result = world.sync(otel_endpoint="localhost:1", log_level=level)
    assert result.resources == 3
    assert bool(plugin_lines(result, "debug")) == (level in ("trace", "debug"))
    assert bool(plugin_lines(result, "info")) == (level in ("trace", "debug"))


def test_metrics_of_each_table_reach_the_client(world):
    """Through an OTLP receiver like that of --tables-metrics-location."""
    for number in range(3):
        world.bucket.put(f"t/{number}.parquet", parquet(numbers(number * 3, 3)))
    world.bucket.put("u/0.parquet", parquet(numbers(0, 7)))
    world.bucket.put("u/broken.parquet", b"no Parquet")
    result = world.sync(tables_metrics=True)
    assert sorted(result.table_metrics) == ["t", "u"]
    for table, rows, errors in (("t", 9, 0), ("u", 7, 1)):
        figures = result.table_metrics[table]
        assert figures.pop("sync.table.duration") > 0
        assert figures == {
            "sync.table.resources": rows,
            "sync.table.errors": errors,
            "sync.table.panics": 0,
        }


def test_log_lines_carry_the_module_and_the_run(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    lines = plugin_lines(world.sync(), "info")
    assert lines and all("message" in line for line in lines)
    assert any("invocation_id" in line for line in lines)
    assert not [line for line in lines if line["message"] == "unknown level"]


@pytest.mark.parametrize("verb", ["tables", "migrate"])
def test_tables_are_told_without_a_sync(world, verb):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    world.bucket.put("u/0.parquet", parquet(numbers(0, 3)))
    result = world.run(verb, skip_tables=["u"])
    assert result.status == 0, result.error
    assert result.source_stop == ""
    (table,) = result.tables
    assert table["name"] == "t" and table["incremental"]
    columns = [(column["name"], column["nullable"]) for column in table["columns"]]
    assert columns == [("_cq_id", False), ("_cq_parent_id", True), ("id", True), ("name", True)]
    assert table["columns"][0]["metadata"]["cq:extension:primary_key"] == "true"
    if verb == "tables":
        assert result.name == "cq-source-s3"
    else:
        assert world.database.count("t") == 0


def test_connection_test_succeeds(world):
    result = world.run("test-connection")
    assert result.status == 0 and result.success and result.source_stop == ""


def test_configuration_is_validated_with_the_schema(world):
    assert world.run("validate-config").success
