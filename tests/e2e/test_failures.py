"""What users see when something is wrong, and that the rest is delivered all the same."""

import json

import pyarrow as pa
import pytest
from compare import assert_rows
from lake.files import corrupt_footer, name_of, numbers, parquet, truncated
from lake.proxy import NOT_FOUND, Reply
from lake.s3_server import SECRET_KEY
from world import APPEND

UNKNOWN_KEY = (
    b"<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not"
    b" exist in our records.</Message><AWSAccessKeyId>nobody</AWSAccessKeyId></Error>"
)


def rows(first: int, count: int) -> list[dict]:
    return [{"id": i, "name": name_of(i)} for i in range(first, first + count)]


def text_of(result) -> str:
    return result.error + result.stderr + json.dumps(result.log)


def test_wrong_secret(world):
    world.environment["AWS_SECRET_ACCESS_KEY"] = "wrong-" + SECRET_KEY
    assert_refused(world, "UNAUTHORIZED")


def test_unknown_access_key(world):
    # As S3 answers; the local server has an error of its own for it.
    world.environment["AWS_ACCESS_KEY_ID"] = "nobody-access-key"
    world.proxy.rule = lambda request: Reply(403, UNKNOWN_KEY)
    assert_refused(world, "UNAUTHORIZED")


def test_no_credentials(world):
    del world.environment["AWS_ACCESS_KEY_ID"], world.environment["AWS_SECRET_ACCESS_KEY"]
    assert_refused(world, "UNAUTHORIZED")


def assert_refused(world, code: str):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    result = world.sync_with_error()
    assert world.bucket.name in result.error and "credentials" in result.error.lower()
    assert world.database.tables() == []
    test = world.run("test-connection")
    assert test.status == 1 and test.failure_code == code, test.report
    assert "credentials" in test.failure_description.lower()
    for report in (result, test):
        assert SECRET_KEY not in text_of(report)


def test_wrong_bucket(world):
    spec = world.spec(bucket="no-such-bucket")
    result = world.sync_with_error(spec)
    assert "no-such-bucket" in result.error and "exist" in result.error
    test = world.run("test-connection", spec)
    assert test.status == 1 and "no-such-bucket" in test.failure_description


def test_wrong_region(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    spec = world.spec(region="us-west-2")
    result = world.sync_with_error(spec)
    assert world.server.region in result.error or "us-west-2" in result.error
    assert "region" in result.error
    test = world.run("test-connection", spec)
    assert test.status == 1 and "region" in test.failure_description


def test_unreachable_endpoint(world):
    world.proxy.stop()
    test = world.run("test-connection")
    assert test.status == 1 and test.failure_code == "UNREACHABLE", test.report
    assert world.proxy.endpoint in test.failure_description


@pytest.mark.parametrize("prefix", ["", "nothing/here/"])
def test_empty_bucket(world, prefix):
    if prefix:
        world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    result = world.sync_with_state(world.spec(path_prefix=prefix))
    assert result.migrated == [] and result.resources == 0
    assert (result.errors, result.warnings) == (0, 1)
    assert world.bucket.name in result.logged("warn")[0]


INVALID_SPECS = {
    "bucket": {"bucket": None},
    "region": {"region": ""},
    "filetype": {"filetype": "csv"},
    "rows_per_record": {"rows_per_record": -5},
    "concurrency": {"concurrency": "many"},
    "pathstile": {"pathstile": True},
}


@pytest.mark.parametrize("field", INVALID_SPECS)
def test_invalid_spec_names_the_field(world, field):
    spec = world.spec(**INVALID_SPECS[field])
    result = world.sync_with_error(spec)
    assert "failed to init" in result.error and field in result.error
    test = world.run("test-connection", spec)
    assert test.failure_code == "INVALID_SPEC" and field in test.failure_description
    validated = world.run("validate-config", spec)
    assert validated.status == 1 and field in validated.error


MALFORMED = {
    "truncated": truncated,
    "corrupt footer": corrupt_footer,
    "empty": lambda body: b"",
    "magic only": lambda body: b"PAR1",
    "text": lambda body: b"id,name\n" + b"1,a\n" * 100,
    "cut at the front": lambda body: body[10:],
}


@pytest.mark.parametrize("with_state", [False, True], ids=["without_state", "with_state"])
def test_malformed_objects_are_skipped_and_counted(world, with_state):
    body = parquet(numbers(0, 100))
    for name, spoil in MALFORMED.items():
        world.bucket.put(f"t/{name}.parquet", spoil(body))
    world.bucket.put("t/zz good.parquet", parquet(numbers(0, 3)))
    sync = world.sync_with_state if with_state else world.sync
    result = sync()
    assert_rows(world.database, "t", rows(0, 3))
    assert result.warnings == result.errors == len(MALFORMED)
    assert result.errors_per_table == {"t": len(MALFORMED)}
    for name in MALFORMED:
        warnings = [line for line in result.logged("warn") if f"t/{name}.parquet" in line]
        assert len(warnings) == 1 and "malformed parquet file, skipping" in warnings[0]


def test_a_repaired_object_is_read_by_the_next_sync(world):
    world.bucket.put("t/0.parquet", truncated(parquet(numbers(0, 3))))
    world.bucket.put("t/1.parquet", parquet(numbers(3, 3)))
    world.sync_with_state()
    assert_rows(world.database, "t", rows(3, 3))
    world.bucket.put("t/0.parquet", parquet(numbers(0, 3)))
    result = world.sync_with_state()
    assert result.errors == result.warnings == 0
    assert_rows(world.database, "t", rows(0, 6))


def test_object_deleted_between_list_and_read(world):
    for number in range(3):
        world.bucket.put(f"t/{number}.parquet", parquet(numbers(number * 10, 2)))

    def delete_before_read(request):
        if request.method == "GET" and request.path.endswith("t/1.parquet"):
            return Reply(404, NOT_FOUND)
        return None

    world.proxy.rule = delete_before_read
    result = world.sync_with_state()
    assert_rows(world.database, "t", rows(0, 2) + rows(20, 2))
    gone = [line for line in result.logged("warn") if "t/1.parquet" in line]
    assert len(gone) == 1 and "object deleted between list and read, skipping" in gone[0]


def test_object_overwritten_between_list_and_read(world):
    """The new version is read instead, under ids of its own, and not read again."""
    world.bucket.put("t/0.parquet", parquet(numbers(0, 2)))
    world.bucket.put("t/1.parquet", parquet(numbers(10, 2)))

    def overwrite_before_read(request):
        if request.method == "GET" and request.path.endswith("t/1.parquet"):
            world.proxy.rule = lambda request: None
            world.bucket.put("t/1.parquet", parquet(numbers(50, 3)))
        return None

    world.proxy.rule = overwrite_before_read
    first = world.sync_with_state(write_mode=APPEND)
    assert len([line for line in first.logged("info") if "reading the new version" in line]) == 1
    assert_rows(world.database, "t", rows(0, 2) + rows(50, 3))
    world.sync_with_state(write_mode=APPEND)
    assert_rows(world.database, "t", rows(0, 2) + rows(50, 3))


def test_an_object_that_may_not_be_read_costs_only_itself(world):
    for number in range(3):
        world.bucket.put(f"t/{number}.parquet", parquet(numbers(number * 10, 2)))
    denied = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    world.proxy.rule = lambda r: Reply(403, denied) if r.path.endswith("t/1.parquet") else None
    result = world.sync_with_state()
    warnings = [line for line in result.logged("warn") if "t/1.parquet" in line]
    assert len(warnings) == 1 and "s3:GetObject" in warnings[0]
    assert_rows(world.database, "t", rows(0, 2) + rows(20, 2))
    world.proxy.rule = lambda request: None
    world.proxy.take_log()
    world.sync_with_state()
    assert world.objects_read() == ["t/1.parquet"]
    assert_rows(world.database, "t", rows(0, 2) + rows(10, 2) + rows(20, 2))


def test_a_malformed_object_fails_the_sync_where_the_user_wants_that(world):
    world.bucket.put("t/0.parquet", truncated(parquet(numbers(0, 2))))
    world.bucket.put("t/1.parquet", parquet(numbers(10, 2)))
    result = world.sync_with_error(world.spec(on_error="fail"), backend_table="cq_state")
    assert "t/0.parquet" in result.error
    assert result.rows_sent("t").select(["id", "name"]).to_pylist() == rows(10, 2)
    assert world.state() == {}


def test_more_skipped_objects_than_allowed_end_the_sync(world):
    for number in range(3):
        world.bucket.put(f"t/{number}.parquet", truncated(parquet(numbers(0, 2))))
    assert world.sync(world.spec(max_errors=3)).errors_per_table == {"t": 3}
    assert "max_errors (2)" in world.sync_with_error(world.spec(max_errors=2)).error


def test_schema_mismatch_fails_its_table_only(world):
    world.bucket.put("a/0.parquet", parquet(numbers(0, 2)))
    world.bucket.put("b/0.parquet", parquet(numbers(0, 2)))
    world.bucket.put("b/1.parquet", parquet({"id": pa.array(["text"]), "other": pa.array([1])}))
    world.bucket.put("c/0.parquet", parquet(numbers(5, 2)))
    result = world.sync_with_error(backend_table="cq_state")
    for part in ("b/0.parquet", "b/1.parquet", "id", "other", "int64"):
        assert part in text_of(result), part
    assert "b" in result.errors_per_table and result.errors_per_table.keys() == {"b"}
    # All of them reach the client; after an error the CLI breaks off what the destination has not
    # stored yet, so the state must not move.
    assert result.rows_sent("a").select(["id", "name"]).to_pylist() == rows(0, 2)
    assert result.rows_sent("c").select(["id", "name"]).to_pylist() == rows(5, 2)
    assert world.state() == {}


def required(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([field.with_nullable(False) for field in table.schema]))


def optional_row(number: int) -> pa.Table:
    return pa.table({"id": pa.array([number], pa.int64()), "name": pa.array([None], pa.string())})


@pytest.mark.parametrize("order", ["required first", "optional first"])
def test_required_and_optional_columns_meet_in_one_sync(world, order):
    files = [parquet(required(numbers(0, 2))), parquet(optional_row(7))]
    if order == "optional first":
        files.reverse()
    for number, body in enumerate(files):
        world.bucket.put(f"t/{number}.parquet", body)
    result = world.sync()
    assert_rows(world.database, "t", rows(0, 2) + [{"id": 7, "name": None}])
    assert result.schema("t").field("name").nullable


@pytest.mark.parametrize("order", ["required first", "optional first"])
def test_required_and_optional_columns_meet_in_two_syncs(world, order):
    files = [parquet(required(numbers(0, 2))), parquet(optional_row(7))]
    if order == "optional first":
        files.reverse()
    for number, body in enumerate(files):
        world.bucket.put(f"t/{number}.parquet", body)
        world.sync_with_state()
    assert_rows(world.database, "t", rows(0, 2) + [{"id": 7, "name": None}])


def test_required_columns_stay_required(world):
    world.bucket.put("t/0.parquet", parquet(required(numbers(0, 2))))
    result = world.sync()
    assert not result.schema("t").field("id").nullable


def test_a_failing_destination_leaves_no_state(world):
    world.bucket.put("t/0.parquet", parquet(numbers(0, 5)))
    world.sync_with_state()
    state = world.state()
    world.database.execute("alter table t add check (id < 500)")
    world.bucket.put("t/1.parquet", parquet(numbers(490, 200_000)))
    world.sync_with_error(world.spec(rows_per_record=100), backend_table="cq_state")
    assert world.state() == state
