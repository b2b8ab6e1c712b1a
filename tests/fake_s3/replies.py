"""What S3 answers when nothing is wrong with it."""

import bisect
import datetime as dt
import itertools
import urllib.parse
from xml.sax.saxutils import escape

from .bucket import Bucket, StoredObject, key_bytes
from .wire import Reply, Request, http_date


def error_reply(status: int, code: str, message: str) -> Reply:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        "<RequestId>4442587FB7D0A2F9</RequestId></Error>"
    )
    return Reply(status, {"Content-Type": "application/xml"}, body.encode())


def list_reply(bucket: Bucket, query: dict[str, str], page_keys: int) -> Reply:
    """ListObjectsV2. A page holds at most `page_keys` keys, however many were asked for."""
    prefix = query.get("prefix", "")
    delimiter = query.get("delimiter", "")
    after = query.get("continuation-token", "")
    after = urllib.parse.unquote(after, errors="surrogateescape") or query.get("start-after", "")
    limit = min(int(query.get("max-keys", 1000)), page_keys)
    page, more = _page(bucket, prefix, delimiter, after, limit)
    url = query.get("encoding-type") == "url"
    named = (lambda key: urllib.parse.quote(key, safe="/*-._", errors="surrogateescape")) if url else escape
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{bucket.name}</Name><Prefix>{named(prefix)}</Prefix><KeyCount>{len(page)}</KeyCount>"
        f"<MaxKeys>{query.get('max-keys', 1000)}</MaxKeys>",
        "<EncodingType>url</EncodingType>" if url else "",
        f"<IsTruncated>{str(more).lower()}</IsTruncated>",
    ]
    if more:
        last = page[-1] if isinstance(page[-1], str) else page[-1].key
        token = urllib.parse.quote(last + ("\U0010ffff" if isinstance(page[-1], str) else ""))
        parts.append(f"<NextContinuationToken>{token}</NextContinuationToken>")
    for entry in page:
        if isinstance(entry, str):
            parts.append(f"<CommonPrefixes><Prefix>{named(entry)}</Prefix></CommonPrefixes>")
        else:
            parts.append(_contents(entry, named(entry.key)))
    parts.append("</ListBucketResult>")
    return Reply(200, {"Content-Type": "application/xml"}, "".join(parts).encode())


def _page(bucket: Bucket, prefix: str, delimiter: str, after: str, limit: int):
    """Objects, and folders as text, and whether there are more."""
    page: list[StoredObject | str] = []
    objects = bucket.objects()
    begin = bisect.bisect_right(objects, key_bytes(after), key=lambda stored: key_bytes(stored.key))
    for stored in itertools.islice(objects, begin, None):
        if not stored.key.startswith(prefix):
            continue
        end = stored.key.find(delimiter, len(prefix)) if delimiter else -1
        entry = stored if end < 0 else stored.key[: end + len(delimiter)]
        if page and page[-1] == entry:
            continue
        if len(page) == limit:
            return page, True
        page.append(entry)
    return page, False


def _contents(stored: StoredObject, name: str) -> str:
    time = dt.datetime.fromtimestamp(stored.last_modified, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f"<Contents><Key>{name}</Key><LastModified>{time}</LastModified>"
        f"<ETag>{escape(stored.etag, {chr(34): '&quot;'})}</ETag><Size>{stored.size}</Size>"
        f"<StorageClass>{stored.storage_class}</StorageClass></Contents>"
    )


def get_reply(bucket: Bucket, request: Request, ignore_if_match: bool = False) -> Reply:
    stored = bucket.get(request.key)
    if stored is None:
        return error_reply(404, "NoSuchKey", "The specified key does not exist.")
    wanted = request.headers.get("if-match")
    if wanted not in (None, "*", stored.etag) and not ignore_if_match:
        text = "At least one of the pre-conditions you specified did not hold"
        return error_reply(412, "PreconditionFailed", text)
    if stored.storage_class in ("GLACIER", "DEEP_ARCHIVE"):
        text = "The operation is not valid for the object's storage class"
        return error_reply(403, "InvalidObjectState", text)
    headers = {
        "Content-Type": "binary/octet-stream",
        "ETag": stored.etag,
        "Last-Modified": http_date(stored.last_modified),
        "Accept-Ranges": "bytes",
    }
    if request.range is None:
        return Reply(200, headers, stored.body)
    first, last = request.range[0], min(request.range[1], stored.size - 1)
    if first >= stored.size:
        return error_reply(416, "InvalidRange", "The requested range is not satisfiable")
    headers["Content-Range"] = f"bytes {first}-{last}/{stored.size}"
    return Reply(206, headers, stored.body[first : last + 1])
