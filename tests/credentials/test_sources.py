"""Each kind of credentials: found, signed with, renewed; and no secret told."""

import pytest
from fake_aws import ROLE, Gate
from kinds import KINDS, container, role, role_by_instance, web_identity
from lake.versions import body_of, rows_of

OBJECTS = [f"t/{number}.parquet" for number in range(6)]
KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def synced(aws, station, setup, gate: Gate):
    """A sync of six objects; none of its secrets may be in the log or in what the client is told."""
    bucket = station.s3.bucket("lake")
    for key in OBJECTS:
        bucket.put(key, body_of(key))
    station.s3.faults = [gate]
    outcome = station.sync("lake", with_state=False, concurrency=1, **setup.spec)
    assert station.s3.errors == []
    told = station.log_path.read_text() + outcome.error + "".join(outcome.skipped)
    assert [secret for secret in aws.secrets() if secret in told] == []
    return outcome


def assert_complete(outcome):
    assert (outcome.status, outcome.skipped) == ("OK", []), f"{outcome.error} {outcome.skipped}"
    assert set(outcome.rows) == set().union(*(rows_of(key) for key in OBJECTS))


@KIND
def test_requests_are_signed_with_the_keys_handed_out(kind, aws, start, tmp_path):
    setup = kind(aws, tmp_path)
    gate = Gate(aws.keys)
    assert_complete(synced(aws, start(setup), setup, gate))
    assert gate.refused == []
    assert {keys.source for keys in gate.used} == {KINDS[kind]}
    assert len(set(gate.used)) == 1, "keys that hold for an hour are asked for once"


@KIND
def test_keys_that_s3_calls_expired_are_replaced_in_the_middle_of_a_sync(kind, aws, start, tmp_path):
    setup = kind(aws, tmp_path)
    gate = Gate(aws.keys, take_back_at=4)
    outcome = synced(aws, start(setup), setup, gate)
    assert_complete(outcome)
    assert set(gate.refused) == {"ExpiredToken"}
    first, *_, last = gate.used
    assert first != last and {first.source, last.source} == {KINDS[kind]}
    told = [line["message"] for line in outcome.log if "expired" in line.get("message", "")]
    assert told == ["the S3 credentials have expired and are looked for again"]


# A role's keys hold for 15 minutes by the library's own count, whatever the answer says.
OWN_TIME = [kind for kind, source in KINDS.items() if source != "AssumeRole"]


@pytest.mark.parametrize("kind", OWN_TIME, ids=lambda kind: kind.__name__)
def test_keys_are_renewed_when_their_time_is_up(kind, aws, start, tmp_path):
    setup = kind(aws, tmp_path)
    aws.keys.lifetime_seconds = 0
    gate = Gate(aws.keys)
    assert_complete(synced(aws, start(setup), setup, gate))
    assert gate.refused == []
    assert len(set(gate.used)) > 1
    assert {keys.source for keys in gate.used} == {KINDS[kind]}


def test_a_role_is_assumed_with_the_keys_of_the_source_profile(aws, start, tmp_path):
    setup = role(aws, tmp_path)
    assert_complete(synced(aws, start(setup), setup, Gate(aws.keys)))
    (asked,) = aws.asked
    assert (asked.name, asked.proof) == ("AssumeRole", aws.base_access)
    assert asked.parameters["RoleArn"] == ROLE and asked.parameters["ExternalId"] == aws.external_id
    assert "/eu-central-1/sts/" in asked.headers["authorization"]


def test_a_role_is_assumed_with_the_keys_of_the_instance(aws, start, tmp_path):
    setup = role_by_instance(aws, tmp_path)
    assert_complete(synced(aws, start(setup), setup, Gate(aws.keys)))
    assert [keys.source for keys in aws.keys.issued] == ["instance", "AssumeRole"]
    assert aws.asked[-1].proof == aws.keys.issued[0].access


def test_a_token_that_was_replaced_is_read_again(aws, start, tmp_path):
    """A pod's token lives shorter than the pod; the file gets the next one in time."""
    for kind, attribute in ((web_identity, "web_token"), (container, "container_token")):
        setup = kind(aws, tmp_path)
        station = start(setup)
        assert_complete(synced(aws, station, setup, Gate(aws.keys)))
        setattr(aws, attribute, "the-next-token-TESTONLY")
        (tmp_path / "token").write_text("the-next-token-TESTONLY")
        assert_complete(synced(aws, station, setup, Gate(aws.keys, take_back_at=1)))
        assert aws.asked[-1].proof == "the-next-token-TESTONLY"
