"""docs/authentication.md: the policies give what is needed and no more."""

import copy
import json

import lakes
import pytest
from blocks import ROOT, blocks_of
from lake.files import numbers, parquet
from lake.s3_server import S3Server
from world import World

POLICIES = [
    json.loads(block.text)
    for block in blocks_of(ROOT / "docs" / "authentication.md")
    if block.language == "json" and "Statement" in block.text
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("users")
    (folder / "users").mkdir()
    server = S3Server(folder / "store", users=folder / "users")
    server.user("reader", "reader-secret-0123456789")
    yield server
    server.stop()


@pytest.fixture
def reader(programs, plugin, server, database_server, tmp_path):
    """A user without rights of its own, and a lake."""
    keys = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "reader-secret-0123456789"}
    world = World(programs, plugin, server, database_server.new_database(), tmp_path, keys)
    lakes.small(world.bucket)
    yield world
    world.close()


def grant(world: World, policy: dict) -> None:
    """The policy of a user as one of the bucket, which is what the server knows."""
    text = json.dumps(policy).replace("my-bucket", world.bucket.name)
    policy = json.loads(text)
    for statement in policy["Statement"]:
        statement["Principal"] = {"AWS": ["reader"]}
    world.server.client.put_bucket_policy(Bucket=world.bucket.name, Policy=json.dumps(policy))


def test_the_least_policy_is_enough(reader):
    grant(reader, POLICIES[0])
    assert reader.sync().resources == 35
    assert reader.run("test-connection").success


@pytest.mark.parametrize("left", [0, 1])
def test_each_of_its_rights_is_needed(reader, left):
    policy = copy.deepcopy(POLICIES[0])
    taken = policy["Statement"].pop(1 - left)["Action"]
    grant(reader, policy)
    result = reader.sync_with_error()
    assert taken in result.error and reader.bucket.name in result.error
    assert reader.run("test-connection").failure_code == "UNAUTHORIZED"


def test_requests_stay_within_the_policy_of_a_prefix(world):
    lists, reads = POLICIES[1]["Statement"]
    prefix = lists["Condition"]["StringEquals"]["s3:prefix"]
    for number in range(1200):
        world.bucket.put(f"{prefix}{number % 7}/{number}.parquet", b"")
    world.bucket.put(f"{prefix}good.parquet", parquet(numbers(0, 3)))
    world.bucket.put("other/a.parquet", parquet(numbers(0, 3)))
    world.sync({**world.spec(), "path_prefix": prefix, "concurrency": 8})
    requests = world.proxy.take_log()
    listed = [request.query.get("prefix") for request in requests if request.is_list]
    assert len(listed) > 1 and all(one == prefix for one in listed)
    allowed = "/" + reads["Resource"].removeprefix("arn:aws:s3:::my-bucket/").removesuffix("*")
    for request in requests:
        if not request.is_list:
            assert request.method == "GET"
            assert request.path.startswith(f"/{world.bucket.name}{allowed}"), request.path


def everybody(world: World, policy: dict) -> None:
    """The policy of all who come, also without keys; who comes here has none."""
    text = json.dumps(policy).replace("my-bucket", world.bucket.name)
    policy = json.loads(text)
    for statement in policy["Statement"]:
        statement["Principal"] = "*"
    world.server.client.put_bucket_policy(Bucket=world.bucket.name, Policy=json.dumps(policy))
    del world.environment["AWS_ACCESS_KEY_ID"], world.environment["AWS_SECRET_ACCESS_KEY"]


def test_a_bucket_for_everybody_is_read_without_credentials(reader):
    everybody(reader, POLICIES[0])
    assert reader.sync(reader.spec(anonymous=True)).resources == 35
    for request in reader.proxy.take_log():
        assert "authorization" not in {name.lower() for name in request.headers}
    assert reader.run("test-connection", reader.spec(anonymous=True)).success


def test_anonymous_is_told_what_everybody_may_not(reader):
    listing = {"Statement": [POLICIES[0]["Statement"][0]]} | {"Version": POLICIES[0]["Version"]}
    everybody(reader, listing)
    result = reader.sync_with_error(reader.spec(anonymous=True))
    assert "`anonymous`" in result.error and "s3:GetObject" in result.error


def test_nobody_is_anonymous_unasked(world):
    del world.environment["AWS_ACCESS_KEY_ID"], world.environment["AWS_SECRET_ACCESS_KEY"]
    result = world.run("test-connection")
    assert result.failure_code == "UNAUTHORIZED"
    assert "no credentials found" in result.failure_description
