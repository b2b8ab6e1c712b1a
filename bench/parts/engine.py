"""The plugin beside decode_only."""

import statistics

import plots
from measure import Bench, expect, say
from report import Section, median, size_of, spread, table

HEADINGS = [
    "data set",
    "plugin wall s",
    "plugin CPU s",
    "plugin peak RSS MB",
    "decode wall s",
    "decode CPU s",
    "wall ratio",
    "CPU ratio",
    "records",
    "server and client CPU s",
]


def measure(bench: Bench, name: str) -> list[tuple[dict, dict]]:
    """Pairs (plugin, decode only), now the one first and now the other."""
    pairs = []
    for run in range(bench.options.runs):
        if run % 2 == 0:
            plugin = bench.plugin(name)
            decoded = bench.decode(name)
        else:
            decoded = bench.decode(name)
            plugin = bench.plugin(name)
        pairs.append((plugin, decoded))
        say(
            f"{name} {run + 1}/{bench.options.runs}: plugin {plugin['wall_seconds']:.2f} s wall,"
            f" {plugin['cpu_seconds']:.2f} s CPU; decode only {decoded['wall_seconds']:.2f} s wall,"
            f" {decoded['cpu_seconds']:.2f} s CPU"
        )
    return pairs


def ratios(pairs: list[tuple[dict, dict]], of: str) -> list[float]:
    return [plugin[of] / decoded[of] for plugin, decoded in pairs]


def figures(name: str, made: dict[str, int], pairs: list[tuple[dict, dict]]) -> list[str]:
    plugin, decode = [p for p, _ in pairs], [d for _, d in pairs]
    others = [p["server_cpu_seconds"] + p["client_cpu_seconds"] for p in plugin]
    return [
        f"**{name}**: {size_of(made)}",
        spread([p["wall_seconds"] for p in plugin], ".2f"),
        spread([p["cpu_seconds"] for p in plugin], ".2f"),
        spread([p["peak_rss_bytes"] / 1e6 for p in plugin], ".0f"),
        spread([d["wall_seconds"] for d in decode], ".2f"),
        spread([d["cpu_seconds"] for d in decode], ".2f"),
        spread(ratios(pairs, "wall_seconds"), ".2f"),
        spread(ratios(pairs, "cpu_seconds"), ".2f"),
        f"{int(median(plugin, 'inserts')):,}",
        f"{statistics.median(others):.2f}",
    ]


def run(bench: Bench) -> Section:
    rows = []
    bars: dict[str, list[float]] = {"CPU": [], "wall": []}
    for name in bench.options.sets:
        made = bench.check_rows(name)
        expect(f"rows of {name} that decode_only saw", bench.decode(name)["rows"], made["rows"])
        pairs = measure(bench, name)
        rows.append(figures(name, made, pairs))
        for bar, of in (("CPU", "cpu_seconds"), ("wall", "wall_seconds")):
            bars[bar].append(statistics.median(ratios(pairs, of)))
    plot = plots.bars(bench.options.sets, bars, "plugin : decode only", line=1)
    return Section(
        f"![Ratio of the plugin's CPU and wall time to those of decode only](benchmarks/ratios.svg)\n\n"
        f"{table(HEADINGS, rows)}\n\n"
        f"Medians of {bench.options.runs} runs, least and greatest in brackets; a ratio is plugin : decode "
        f"only of one pair, with {bench.options.decode_threads} decoding threads in the yardstick.\n",
        {"ratios.svg": plot},
    )
