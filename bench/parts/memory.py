"""Peak memory over sizes, and memory over time behind a slow client."""

import plots
from measure import Bench, say
from report import Section, size_of, spread, table

ROUNDS = 3
PAUSE_MS = 1_000


def slow(bench: Bench, name: str) -> list[tuple[float, float]]:
    """Seconds and MB while a client takes one message a second."""
    seconds = bench.options.slow_seconds
    say(f"{name}: a client that takes one message a second, for {seconds} s")
    result = bench.plugin(name, "--pause-ms", PAUSE_MS, "--give-up-ms", seconds * 1000, "--sample-ms", 100)
    points = [(second, rss / 1e6) for second, rss in result["rss_samples"]]
    if points[-1][0] < seconds / 2:
        raise SystemExit(
            f"bench: {name} is too small for a slow client: it ended after {points[-1][0]:.1f} s"
        )
    return points


def over_time(name: str, points: list[tuple[float, float]]) -> list[str]:
    """Grown: from the mean of the second quarter to that of the last."""
    quarter = len(points) // 4
    means = [
        sum(mb for _, mb in part) / quarter for part in (points[quarter : 2 * quarter], points[-quarter:])
    ]
    return [name, f"{max(mb for _, mb in points):.0f}", *(f"{mean:.0f}" for mean in means)]


def run(bench: Bench) -> Section:
    rows, peaks = [], []
    names = [*bench.options.sets, "big4", "single"]
    for name in names:
        made = bench.check_rows(name)
        runs = [bench.plugin(name)["peak_rss_bytes"] / 1e6 for _ in range(ROUNDS)]
        say(f"{name}: peak RSS {spread(runs, '.0f')} MB")
        rows.append([f"**{name}**: {size_of(made)}", spread(runs, ".0f")])
        peaks.append(sorted(runs)[ROUNDS // 2])
    samples = {name: slow(bench, name) for name in bench.options.sets}
    flat = [over_time(name, points) for name, points in samples.items()]
    slow_headings = [
        "data set",
        "peak RSS MB",
        "mean of the second quarter MB",
        "mean of the last quarter MB",
    ]
    return Section(
        "![Peak RSS of each data set](benchmarks/memory.svg)\n\n"
        f"{table(['data set', 'peak RSS MB'], rows)}\n\n"
        f"Medians of {ROUNDS} runs, least and greatest in brackets.\n\n"
        f"A client that takes one message a second, for {bench.options.slow_seconds} seconds:\n\n"
        "![RSS over time behind a slow client](benchmarks/slow_client.svg)\n\n"
        f"{table(slow_headings, flat)}\n",
        {
            "memory.svg": plots.bars(names, {"peak RSS": peaks}, "MB", "{:.0f}"),
            "slow_client.svg": plots.lines(samples, "seconds", "RSS, MB"),
        },
    )
