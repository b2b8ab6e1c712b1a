"""What a first sync asks of S3, counted by a proxy in front of the server."""

from measure import Bench, expect
from report import Section, size_of, table

HEADINGS = ["data set", "LIST", "GET", "of these with a range", "HEAD", "other", "GET per object"]


def run(bench: Bench) -> Section:
    proxy = bench.proxy(0)
    rows = []
    for name in bench.options.sets:
        made = bench.data_set(name)
        proxy.counts()
        synced = bench.plugin(name, "--decode", endpoint=proxy.endpoint)
        expect(f"rows of {name} through the proxy", synced["rows"], made["rows"])
        counts = proxy.counts()
        rows.append(
            [
                f"**{name}**: {size_of(made)}",
                *(f"{counts[kind]:,}" for kind in ("list", "get", "ranged", "head", "other")),
                f"{counts['get'] / made['objects']:.2f}",
            ]
        )
    return Section(table(HEADINGS, rows) + "\n")
