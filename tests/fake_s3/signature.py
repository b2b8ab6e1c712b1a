"""AWS Signature Version 4, so that a key is signed as it is sent."""

import hashlib
import hmac

from .wire import Request


def is_signed(request: Request, secret_key: str) -> bool:
    """Whether the Authorization header is of this request and this key. Times are not looked at."""
    algorithm, _, rest = request.headers.get("authorization", "").partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if algorithm != "AWS4-HMAC-SHA256" or not {"Credential", "SignedHeaders", "Signature"} <= parts.keys():
        return False
    _, *scope = parts["Credential"].split("/")
    canonical = _canonical(request, parts["SignedHeaders"])
    date = request.headers.get("x-amz-date", "")
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    to_sign = "\n".join([algorithm, date, "/".join(scope), digest])
    key = ("AWS4" + secret_key).encode()
    for part in [*scope, to_sign]:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(key.hex(), parts["Signature"])


def _canonical(request: Request, signed: str) -> str:
    path, _, query = request.raw_target.partition("?")
    pairs = sorted(pair if "=" in pair else pair + "=" for pair in query.split("&") if pair)
    headers = [f"{name}:{request.headers.get(name, '')}" for name in signed.split(";")]
    payload = request.headers.get("x-amz-content-sha256", "")
    return "\n".join([request.method, path, "&".join(pairs), *headers, "", signed, payload])
