"""AWS's own client finds in the fake what it would find in S3."""

import socket

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from fake_s3 import FakeS3, Fault

SECRET = "a-secret/of+tests"


@pytest.fixture
def server():
    server = FakeS3(SECRET)
    yield server
    server.stop()


@pytest.fixture
def bucket(server):
    return server.bucket("bucket")


def client(server, secret: str = SECRET):
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="eu-central-1",
        aws_access_key_id="someone",
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def keys(server, **options) -> list[str]:
    pages = client(server).get_paginator("list_objects_v2").paginate(Bucket="bucket", **options)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def code_of(error) -> str:
    return error.value.response["Error"]["Code"]


def test_keys_come_in_the_order_of_their_bytes_whatever_the_pages(server, bucket):
    # U+FFFD stands before U+10000 in UTF-8, and behind it in UTF-16.
    names = ["a", "a/b", "a b+c%&<>", "b\n\r\t", "ü", "\ufffd", "\U00010000", "z"]
    for name in reversed(names):
        bucket.put(name, b"")
    for page_keys in (1, 2, 3, 1000):
        server.page_keys = page_keys
        assert keys(server) == sorted(names, key=str.encode)
    assert keys(server, Prefix="a") == ["a", "a b+c%&<>", "a/b"]
    assert keys(server, StartAfter="b\n\r\t") == ["z", "ü", "\ufffd", "\U00010000"]


def test_a_delimiter_makes_folders(server, bucket):
    for name in ("a/1", "a/2", "b", "c/d/1", "c/d/2", "d"):
        bucket.put(name, b"")
    for page_keys in (1, 2, 1000):
        server.page_keys = page_keys
        pages = list(client(server).get_paginator("list_objects_v2").paginate(Bucket="bucket", Delimiter="/"))
        folders = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        assert folders == ["a/", "c/"]
        assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == ["b", "d"]


def test_an_upload_in_parts_appears_when_completed_with_the_time_of_its_begin(server, bucket):
    begun = server.clock.now
    upload = bucket.begin_upload("k")
    server.clock.advance(3600)
    assert keys(server) == []
    upload.complete(b"parts")
    (entry,) = client(server).list_objects_v2(Bucket="bucket")["Contents"]
    assert entry["LastModified"].timestamp() == begun
    assert entry["ETag"].endswith('-2"') and entry["Size"] == 5
    reply = client(server).get_object(Bucket="bucket", Key="k")
    assert reply["LastModified"].timestamp() == begun and reply["Body"].read() == b"parts"


def test_ranges_and_conditions(server, bucket):
    stored = bucket.put("k", b"0123456789")
    s3 = client(server)
    reply = s3.get_object(Bucket="bucket", Key="k", Range="bytes=2-4", IfMatch=stored.etag)
    assert (reply["Body"].read(), reply["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert s3.get_object(Bucket="bucket", Key="k", Range="bytes=8-99")["Body"].read() == b"89"
    for options, code in [
        ({"Key": "k", "Range": "bytes=10-11"}, "InvalidRange"),
        ({"Key": "k", "IfMatch": '"other"'}, "PreconditionFailed"),
        ({"Key": "none"}, "NoSuchKey"),
    ]:
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket="bucket", **options)
        assert code_of(error) == code
    bucket.put("cold", b"x", storage_class="GLACIER")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket="bucket", Key="cold")
    assert code_of(error) == "InvalidObjectState"


def test_signatures_are_checked(server, bucket):
    bucket.put("a b/ü%+", b"x")
    assert client(server).get_object(Bucket="bucket", Key="a b/ü%+")["Body"].read() == b"x"
    with pytest.raises(ClientError) as error:
        client(server, "another").list_objects_v2(Bucket="bucket")
    assert code_of(error) == "SignatureDoesNotMatch"


def test_bytes_are_sent_as_a_fault_says(server, bucket):
    bucket.put("k", b"0123456789")

    def received(action: dict) -> bytes:
        server.faults = [Fault({"action": action})]
        with socket.create_connection(("127.0.0.1", server.port)) as connected:
            connected.sendall(b"GET /bucket/k HTTP/1.1\r\nHost: x\r\n\r\n")
            data = b""
            try:
                while more := connected.recv(4096):
                    data += more
            except ConnectionResetError:
                data += b"<reset>"
        return data

    server._secret_key = ""
    assert received({"send_bytes": 3, "then": "close"}).endswith(b"\r\n\r\n012")
    assert received({"send_head": False, "then": "reset"}) == b"<reset>"
    assert b"Content-Length: 7\r\n" in received({"content_length": -3, "then": "close"})
    assert b"Content-Length" not in received({"content_length": None, "then": "close"})
    assert b"HTTP/1.1 503 " in received({"status": 503, "code": "SlowDown", "then": "close"})
    assert received({"append": "!", "then": "close"}).endswith(b"0123456789!")
    assert received({"substitute": [["[0-4]+", "x"]], "then": "close"}).endswith(b"\r\n\r\nx56789")


@pytest.mark.parametrize(
    "given",
    [
        {"match": {"operation": "get", "call": 1}, "action": {}},
        {"match": {"calls": {"form": 1}}, "action": {}},
        {"action": {"reset": True}},
    ],
)
def test_a_slip_of_the_pen_in_a_fault_is_an_error(given):
    with pytest.raises(ValueError, match="unknown"):
        Fault(given)


def test_calls_are_counted_among_those_that_match(server, bucket):
    bucket.put("k", b"x")
    server.faults = [Fault({"match": {"operation": "get", "calls": [2]}, "action": {"status": 500}})]
    s3 = client(server)
    s3.list_objects_v2(Bucket="bucket")
    s3.get_object(Bucket="bucket", Key="k")
    with pytest.raises(ClientError):
        s3.get_object(Bucket="bucket", Key="k")
    s3.get_object(Bucket="bucket", Key="k")
    assert [request.status for request in server.take_log()] == [200, 200, 500, 200]
