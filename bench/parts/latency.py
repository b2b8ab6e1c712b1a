"""The plugin behind a proxy that delays every answer."""

import re
import statistics
import time

import boto3
import botocore.config
import plots
import urllib3
from measure import Bench, expect, say
from report import Section, spread, table

ROUNDS = 3


def serial_listing(endpoint: str, bucket: str) -> list[float]:
    """The seconds of each page, when one is asked for after the other over one connection: what no
    client can beat that asks so."""
    signing = botocore.config.Config(signature_version="s3v4")
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=signing)
    connection = urllib3.PoolManager()
    parameters = {"Bucket": bucket}
    seconds = []
    while True:
        url = s3.generate_presigned_url("list_objects_v2", parameters)
        begin = time.perf_counter()
        page = connection.request("GET", url)
        seconds.append(time.perf_counter() - begin)
        expect("HTTP status of a listing page", page.status, 200)
        token = re.search(rb"<NextContinuationToken>([^<]+)<", page.data)
        if not token:
            return seconds
        parameters["ContinuationToken"] = token[1].decode()


def reading(bench: Bench, delays: tuple[int, int]) -> dict[int, list[float]]:
    """Wall seconds of syncs of many, by delay, in turn."""
    bench.check_rows("many")
    walls: dict[int, list[float]] = {delay: [] for delay in delays}
    for i in range(bench.options.runs):
        for delay in delays if i % 2 == 0 else reversed(delays):
            run = bench.plugin("many", endpoint=bench.proxy(delay).endpoint)
            walls[delay].append(run["wall_seconds"])
        say(
            f"many {i + 1}/{bench.options.runs}: "
            + ", ".join(f"{d} ms {w[-1]:.2f} s" for d, w in walls.items())
        )
    return walls


def listing(bench: Bench, delays: tuple[int, int]) -> tuple[dict, dict]:
    """By delay: wall seconds of syncs with nothing new, and of the pages of each listing that asks for
    one after the other. In turn, a few times."""
    backend, _, _ = bench.filled_state("idle")
    walls: dict[int, list[float]] = {delay: [] for delay in delays}
    pages: dict[int, list[list[float]]] = {delay: [] for delay in delays}
    for i in range(ROUNDS):
        for delay in delays if i % 2 == 0 else reversed(delays):
            endpoint = bench.proxy(delay).endpoint
            walls[delay].append(bench.plugin("idle", *backend.flags(), endpoint=endpoint)["wall_seconds"])
            pages[delay].append(serial_listing(endpoint, "idle"))
            fastest = min(pages[delay][-1])
            if fastest < delay / 1000:
                raise SystemExit(f"bench: an answer came within {fastest:.3f} s: the proxy did not delay it")
            say(
                f"idle, {delay} ms: sync {walls[delay][-1]:.2f} s,"
                f" {len(pages[delay][-1])} pages in turn {sum(pages[delay][-1]):.2f} s"
            )
    return walls, pages


def run(bench: Bench) -> Section:
    delays = (0, bench.options.delay_ms)
    objects = bench.data_set("many")["objects"]
    keys = bench.data_set("idle")["objects"]
    read = reading(bench, delays)
    walls, pages = listing(bench, delays)
    late = bench.options.delay_ms
    ratio = [slow / fast for fast, slow in zip(read[0], read[late], strict=True)]
    serial = {delay: [sum(seconds) for seconds in pages[delay]] for delay in delays}
    trips = {delay: [1000 * second for seconds in pages[delay] for second in seconds] for delay in delays}
    gain = [page_by_page / sync for page_by_page, sync in zip(serial[late], walls[late], strict=True)]
    names = [f"{delay} ms" for delay in delays]
    rows = [
        [f"many, first sync ({objects:,} objects), s", *(spread(read[d], ".2f") for d in delays)],
        [f"idle, nothing new ({keys:,} keys), s", *(spread(walls[d], ".2f") for d in delays)],
        ["idle, one page after the other, s", *(spread(serial[d], ".2f") for d in delays)],
        ["round trip of one page, ms", *(spread(trips[d], ".0f") for d in delays)],
    ]
    medians = {
        f"many, {objects:,} objects": [statistics.median(read[d]) for d in delays],
        f"listing {keys:,} keys": [statistics.median(walls[d]) for d in delays],
        "the same, page by page": [statistics.median(serial[d]) for d in delays],
    }
    return Section(
        "![Wall time without and with the delay](benchmarks/latency.svg)\n\n"
        f"{table(['wall time', *names], rows)}\n\n"
        f"- Many, {names[1]} : {names[0]}, at concurrency {bench.options.concurrency}:"
        f" **{spread(ratio, '.2f')}**\n"
        f"- Listing behind {names[1]}, {len(pages[late][0]):,} pages one after the other : the plugin's"
        f" whole sync: **{spread(gain, '.1f')}**\n\n"
        f"Medians of {bench.options.runs} runs of many and {ROUNDS} of idle, least and greatest in"
        " brackets.\n",
        {"latency.svg": plots.bars(names, medians, "wall seconds")},
    )
