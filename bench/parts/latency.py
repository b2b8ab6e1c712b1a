"""The plugin behind a proxy that delays every answer, and its listing of a server that does nothing else."""

import statistics

import plots
from measure import Bench, expect, say
from report import Section, spread, table


def in_turn(i: int, things: tuple) -> tuple:
    return things if i % 2 == 0 else things[::-1]


def reading(bench: Bench, delays: tuple[int, int]) -> dict[int, list[float]]:
    """Wall seconds of syncs of many, by delay."""
    bench.check_rows("many")
    walls: dict[int, list[float]] = {delay: [] for delay in delays}
    for i in range(bench.options.runs):
        for delay in in_turn(i, delays):
            run = bench.plugin("many", endpoint=bench.proxy(delay).endpoint)
            walls[delay].append(run["wall_seconds"])
        say(
            f"many {i + 1}/{bench.options.runs}: "
            + ", ".join(f"{d} ms {w[-1]:.2f} s" for d, w in walls.items())
        )
    return walls


def listing(bench: Bench, delay: int) -> tuple[dict[int, list[float]], dict[int, int]]:
    """By concurrency: wall seconds of listings of idle, and the requests of one."""
    keys = bench.data_set("idle")["objects"]
    server = bench.list_server("idle", delay)
    concurrencies = (bench.options.concurrency, 1)
    walls: dict[int, list[float]] = {concurrency: [] for concurrency in concurrencies}
    requests: dict[int, int] = {}
    for i in range(bench.options.runs):
        for concurrency in in_turn(i, concurrencies):
            server.counts()
            run = bench.listing("idle", server.endpoint, concurrency)
            expect("keys of idle", run["keys"], keys)
            requests[concurrency] = server.counts()["list"]
            walls[concurrency].append(run["wall_seconds"])
            if walls[concurrency][-1] < delay / 1000:
                raise SystemExit("bench: the answers of the listing were not delayed")
        say(
            f"listing {i + 1}/{bench.options.runs}: "
            + ", ".join(f"{c} at a time {w[-1]:.2f} s" for c, w in walls.items())
        )
    return walls, requests


def run(bench: Bench) -> Section:
    late = bench.options.delay_ms
    delays = (0, late)
    objects = bench.data_set("many")["objects"]
    keys = bench.data_set("idle")["objects"]
    read = reading(bench, delays)
    listed, requests = listing(bench, late)
    at_once = bench.options.concurrency
    ratio = [slow / fast for fast, slow in zip(read[0], read[late], strict=True)]
    gain = [serial / parallel for parallel, serial in zip(listed[at_once], listed[1], strict=True)]
    names = [f"{delay} ms" for delay in delays]
    reads = [[f"many, first sync ({objects:,} objects), s", *(spread(read[d], ".2f") for d in delays)]]
    lists = [
        ["one page after the other" if c == 1 else f"concurrency {c}", f"{requests[c]:,}", spread(w, ".2f")]
        for c, w in listed.items()
    ]
    medians = {f"many, {objects:,} objects": [statistics.median(read[d]) for d in delays]}
    return Section(
        "![Wall time without and with the delay](benchmarks/latency.svg)\n\n"
        f"{table(['wall time', *names], reads)}\n\n"
        f"{names[1]} : {names[0]}, at concurrency {at_once}: **{spread(ratio, '.2f')}**\n\n"
        f"{table([f'listing of {keys:,} keys behind {names[1]}', 'LIST', 's'], lists)}\n\n"
        f"One page after the other : up to {at_once} at a time: **{spread(gain, '.1f')}**\n\n"
        f"Medians of {bench.options.runs} runs, least and greatest in brackets.\n",
        {"latency.svg": plots.bars(names, medians, "wall seconds")},
    )
