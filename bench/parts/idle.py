"""A sync that finds nothing new."""

from measure import Bench, expect, say
from report import Section, median, spread, table

HEADINGS = ["sync", "LIST", "GET", "HEAD", "messages", "wall s", "plugin CPU s", "plugin peak RSS MB"]


def figures(name: str, counts: dict[str, int], runs: list[dict]) -> list[str]:
    return [
        name,
        *(f"{counts[kind]:,}" for kind in ("list", "get", "head")),
        f"{int(median(runs, 'messages')):,}",
        spread([run["wall_seconds"] for run in runs], ".2f"),
        spread([run["cpu_seconds"] for run in runs], ".2f"),
        spread([run["peak_rss_bytes"] / 1e6 for run in runs], ".0f"),
    ]


def run(bench: Bench) -> Section:
    made = bench.data_set("idle")
    backend, first, first_counts = bench.filled_state("idle")
    proxy = bench.proxy(0)
    runs, counts = [], {}
    for i in range(bench.options.runs):
        runs.append(bench.plugin("idle", *backend.flags(), endpoint=proxy.endpoint))
        counts = proxy.counts()
        for kind in ("get", "head", "other"):
            expect(f"{kind} requests of a sync with nothing new", counts[kind], 0)
        expect("records of a sync with nothing new", runs[-1]["inserts"], 0)
        say(f"idle {i + 1}/{bench.options.runs}: {runs[-1]['wall_seconds']:.2f} s wall")
    rows = [figures("first", first_counts, [first]), figures("nothing new", counts, runs)]
    return Section(
        f"{made['objects']:,} objects in {first['tables']:,} tables, state backend on.\n\n"
        f"{table(HEADINGS, rows)}\n\n"
        f"Nothing new: medians of {bench.options.runs} runs, least and greatest in brackets.\n"
    )
