"""How CPU time grows with objects, tables, rows and columns."""

import statistics

import numpy as np
import plots
from measure import Bench, expect, say
from report import Section, table
from shapes import BASES, FACTORS

ROUNDS = 3
UNITS = {
    "objects": "objects of 100 rows in one table",
    "tables": "tables of one object of 100 rows",
    "rows": "rows of 7 columns in one object",
    "columns": "columns of 20,000 rows in one object",
}


def cpu_seconds(bench: Bench, name: str) -> float:
    """The median of a few runs, the first of which proves the rows."""
    made = bench.data_set(name)
    expect(f"rows of {name}", bench.plugin(name, "--decode")["rows"], made["rows"])
    return statistics.median(bench.plugin(name)["cpu_seconds"] for _ in range(ROUNDS))


def run(bench: Bench) -> Section:
    nothing = cpu_seconds(bench, "grow-nothing-1")
    rows, series = [], {}
    for what, base in BASES.items():
        seconds = [cpu_seconds(bench, f"grow-{what}-{factor}") for factor in FACTORS]
        above = [second - nothing for second in seconds]
        if min(above) <= 0:
            raise SystemExit(f"bench: syncs of more {what} cost no more than one of nothing: {above}")
        exponent = np.polyfit(np.log(FACTORS), np.log(above), 1)[0]
        say(f"growth of {what}: exponent {exponent:.2f}")
        series[what] = list(zip(FACTORS, above, strict=True))
        rows.append(
            [f"{base:,} × {UNITS[what]}", *(f"{second:.3f}" for second in above), f"**{exponent:.2f}**"]
        )
    headings = ["base", *(f"×{factor} CPU s" for factor in FACTORS), "exponent"]
    return Section(
        "![CPU seconds against size, double logarithmic](benchmarks/growth.svg)\n\n"
        f"{table(headings, rows)}\n\n"
        f"Medians of {ROUNDS} runs, less the {nothing:.3f} s of a sync of one row. An exponent of 1 is "
        "linear growth (the dotted lines).\n",
        {"growth.svg": plots.growth(series, "size, as a multiple of the base", "plugin CPU seconds")},
    )
