"""The micro-benchmarks: what single steps cost."""

import re
import statistics

from measure import Bench, tool
from report import Section, spread, table

REPETITIONS = 5


def run(bench: Bench) -> Section:
    found = tool(
        bench.options.build / "bench/micro/micro",
        "--benchmark_format=json",
        f"--benchmark_repetitions={REPETITIONS}",
        "--benchmark_min_time=0.2",
    )
    nanos: dict[tuple[str, str], list[float]] = {}
    for line in found["benchmarks"]:
        if line.get("error_occurred"):
            raise SystemExit(f"bench: {line['name']}: {line['error_message']}")
        if line["run_type"] == "iteration":
            step = re.sub(r"/repeats:\d+$", "", line["name"])
            nanos.setdefault((step, line["label"]), []).append(1e9 / line["items_per_second"])
    if not nanos:
        raise SystemExit("bench: no micro-benchmark ran")
    rows = [
        [step, unit, spread(values, ",.0f" if statistics.median(values) >= 100 else ",.1f")]
        for (step, unit), values in nanos.items()
    ]
    return Section(
        f"{table(['step', 'unit', 'CPU ns per unit'], rows)}\n\n"
        f"Medians of {REPETITIONS} repetitions, least and greatest in brackets.\n"
    )
