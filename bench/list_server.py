"""Answers ListObjectsV2 of one bucket from memory, with a delay: what a listing takes when the server needs
no time of its own. What it lists it has taken from another server at its start.

    list_server.py --upstream URL --bucket NAME [--delay-ms N]

Listens on 127.0.0.1. The first line of the output is {"port": N}. Each line of input is answered with the
counts since the line before; at the end of the input it ends.
"""

import argparse
import asyncio
import bisect
import json
import re
import sys
import urllib.parse
from collections.abc import Iterator

import boto3
import botocore.config
import urllib3

MOST_KEYS = 1000


def presigned_pages(endpoint: str, bucket: str) -> Iterator[bytes]:
    """Every page of a listing, one after the other, over one connection."""
    signing = botocore.config.Config(signature_version="s3v4")
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=signing)
    connection = urllib3.PoolManager()
    parameters = {"Bucket": bucket}
    while True:
        url = s3.generate_presigned_url("list_objects_v2", parameters)
        page = connection.request("GET", url)
        if page.status != 200:
            sys.exit(f"bench: a listing page of {bucket} came with HTTP status {page.status}")
        yield page.data
        token = re.search(rb"<NextContinuationToken>([^<]+)<", page.data)
        if not token:
            return
        parameters["ContinuationToken"] = token[1].decode()


class Listing:
    """Sorted keys, and what a listing tells of each."""

    def __init__(self, bucket: str, entries: dict[str, bytes]):
        self.bucket = bucket
        self.keys = sorted(entries)
        self.entries = [entries[key] for key in self.keys]

    def page(self, query: dict[str, str]) -> bytes:
        prefix = query.get("prefix", "")
        delimiter = query.get("delimiter", "")
        most = min(int(query.get("max-keys", MOST_KEYS)), MOST_KEYS)
        after = query.get("continuation-token") or query.get("start-after", "")
        at = max(bisect.bisect_left(self.keys, prefix), bisect.bisect_right(self.keys, after))
        shown = []
        while at < len(self.keys) and len(shown) < most and self.keys[at].startswith(prefix):
            end = self.keys[at].find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                shown.append(self.entries[at])
                at += 1
            else:
                folder = self.keys[at][: end + len(delimiter)]
                shown.append(f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>".encode())
                at = bisect.bisect_left(self.keys, folder[:-1] + chr(ord(folder[-1]) + 1))
        more = at < len(self.keys) and self.keys[at].startswith(prefix)
        # A folder that was shown is passed over with all that is in it.
        token = self.keys[at - 1] if more else ""
        return b"".join(
            (
                b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>',
                self.bucket.encode(),
                f"</Name><Prefix>{prefix}</Prefix><MaxKeys>{most}</MaxKeys>".encode(),
                f"<KeyCount>{len(shown)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>".encode(),
                f"<NextContinuationToken>{token}</NextContinuationToken>".encode() if more else b"",
                *shown,
                b"</ListBucketResult>",
            )
        )


class Server:
    def __init__(self, listing: Listing, delay_seconds: float):
        self.listing = listing
        self.delay_seconds = delay_seconds
        self.counts = {"list": 0, "other": 0}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                return
            method, target, _ = head.split(b" ", 2)
            url = urllib.parse.urlsplit(target.decode())
            query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
            listed = method == b"GET" and url.path.strip("/") == self.listing.bucket
            self.counts["list" if listed else "other"] += 1
            status, body = (b"200 OK", self.listing.page(query)) if listed else (b"404 Not Found", b"")
            await asyncio.sleep(self.delay_seconds)
            kind = b"Content-Type: application/xml\r\n"
            writer.write(b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, kind, len(body), body))

    async def run(self) -> None:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
        )
        while await lines.readline():
            print(json.dumps(self.counts), flush=True)
            self.counts = dict.fromkeys(self.counts, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--delay-ms", type=float, default=0)
    options = parser.parse_args()
    entries = {}
    for page in presigned_pages(options.upstream, options.bucket):
        for entry in re.finditer(rb"<Contents>.*?<Key>([^<]+)</Key>.*?</Contents>", page, re.S):
            entries[entry[1].decode()] = entry[0]
    asyncio.run(Server(Listing(options.bucket, entries), options.delay_ms / 1000).run())


if __name__ == "__main__":
    main()
