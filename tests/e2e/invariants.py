"""What holds after every sync, whatever went wrong in it."""

import base64
import json
import os
import urllib.parse

from lake.versions import Lake, Row, rows_of
from station import ACCESS_KEY, MEMORY_LIMIT, SECRET_KEY, SESSION_TOKEN, Outcome, Station

# Libraries, threads, gRPC and the allocator's slack, as in test_memory.py.
# A sanitizer takes memory of its own: several times as much.
MEMORY_FACTOR = int(os.environ.get("CQS3_MEMORY_FACTOR") or 1)
MOST_MEMORY = (MEMORY_LIMIT + (96 << 20)) * MEMORY_FACTOR


def check_rows(outcome: Outcome) -> None:
    """No row came twice, and nothing mixes versions of an object."""
    rows = outcome.rows
    twice = len(rows) - len(set(rows))
    assert twice == 0, f"{twice} rows came twice"
    for batch in outcome.batches:
        assert len({(key, version) for key, version, _ in batch}) <= 1, "a record of two versions"
    versions: dict[str, set[int]] = {}
    for key, version, _ in rows:
        versions.setdefault(key, set()).add(version)
    mixed = {key: found for key, found in versions.items() if len(found) > 1}
    assert not mixed, f"rows of several versions: {mixed}"


def check_process(station: Station) -> None:
    assert station.is_alive(), "the plugin ended"
    assert station.s3.errors == [], "a fault could not be applied"
    peak = station.process.peak_bytes()
    assert peak < MOST_MEMORY, f"{peak >> 20} MiB of memory"


def check_requests(outcome: Outcome) -> None:
    """The plugin lists and reads, and nothing else; each read is of the version that was listed."""
    for request in outcome.requests:
        assert request.operation in ("list", "get"), request
        assert request.operation == "list" or request.headers.get("if-match"), request


def check_next_sync(
    station: Station, lake: Lake, before: Outcome, state: dict[str, str], known: dict[str, int] | None = None
) -> None:
    """A sync without faults reads exactly what is missing.

    `state` and `known` are the state's values and the versions they count as delivered, before the sync
    `before`.
    """
    known = known or {}
    now = lake.now()
    missing = {key for key, version in now.items() if known.get(key) != version}
    if before.status == "OK":
        # What was told of as skipped is owed, even where all its rows were sent before that.
        sent = set(before.rows)
        skipped = {key for key in now if any(is_named(key, text) for text in before.skipped)}
        missing -= {key for key in now if rows_of(key, now[key]) <= sent} - skipped
    else:
        assert station.state.values() == state, "a sync that failed has changed the state"
    station.s3.faults = []
    after = station.sync(lake.bucket.name)
    assert (after.status, after.skipped) == ("OK", []), f"the next sync: {after.error} {after.skipped}"
    check_rows(after)
    assert after.objects_read() == missing, "the next sync reads other objects than are missing"
    expected: set[Row] = set().union(*(rows_of(key, now[key]) for key in missing))
    assert set(after.rows) == expected, "the next sync does not bring what is missing"


def is_named(key: str, text: str) -> bool:
    """Whether an error's text is about this object."""
    return f"/{key}:" in text or f"/{key} " in text


def secrets() -> dict[str, str]:
    """What must never be told, in the forms it may take."""
    forms: dict[str, str] = {}
    for name, secret in (("secret key", SECRET_KEY), ("session token", SESSION_TOKEN)):
        forms[name] = secret
        forms[f"{name}, URL-encoded"] = urllib.parse.quote(secret, safe="")
        forms[f"{name}, URL-encoded in small letters"] = urllib.parse.quote(secret, safe="").lower()
        forms[f"{name}, URL-encoded but for slashes"] = urllib.parse.quote(secret)
        forms[f"{name}, as a form"] = urllib.parse.quote_plus(secret)
        forms[f"{name}, in Base64"] = base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]
        forms[f"{name}, in hexadecimal"] = secret.encode().hex()
        forms[f"{name}, in JSON"] = json.dumps(secret)[1:-1].replace("/", "\\/")
        # A part of it is as bad.
        forms[f"first half of the {name}"] = secret[: len(secret) // 2]
        forms[f"second half of the {name}"] = secret[len(secret) // 2 :]
    forms["access key id"] = ACCESS_KEY
    return forms


def find_secrets(text: str, signatures: set[str] = frozenset()) -> list[str]:
    """Names of the secrets in a text, in which letter case does not matter."""
    lower = text.lower()
    found = [name for name, secret in secrets().items() if secret.lower() in lower]
    return found + [f"signature {s}" for s in signatures if s in lower]


def signatures_in(outcome: Outcome) -> set[str]:
    """Those that the plugin's requests carried: with one of them a request could be sent again."""
    return {
        request.headers["authorization"].rpartition("Signature=")[2]
        for request in outcome.requests
        if "Signature=" in request.headers.get("authorization", "")
    }
