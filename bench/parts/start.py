"""From exec to an accepting socket; the files that are loaded for it."""

import pathlib
import re
import subprocess

from measure import Bench
from report import Section, spread, table

RUNS = 20


def loaded_files(program: pathlib.Path) -> list[pathlib.Path]:
    """The program and its libraries, the largest first."""
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    if "not found" in listing:
        raise SystemExit(f"bench: {program} lacks a library:\n{listing}")
    libraries = [pathlib.Path(path).resolve() for path in re.findall(r"(/\S+) \(0x", listing)]
    return [program, *sorted(libraries, key=lambda path: -path.stat().st_size)]


def run(bench: Bench) -> Section:
    bench.start()  # fills the page cache
    runs = [bench.start() for _ in range(RUNS)]
    files = loaded_files(bench.options.plugin)
    sizes = [path.stat().st_size / 1e6 for path in files]
    large = [(path.name, size) for path, size in zip(files, sizes, strict=True) if size >= 1]
    small = len(files) - len(large)
    rows = [[name, f"{size:.1f}"] for name, size in large]
    rows.append([f"{small} smaller ones", f"{sum(sizes) - sum(size for _, size in large):.1f}"])
    rows.append(["**all**", f"**{sum(sizes):.1f}**"])
    figures = [
        ["from exec until the socket accepts, ms", spread([1000 * r["start_seconds"] for r in runs], ".0f")],
        [
            "CPU of a process that starts and stops, ms",
            spread([1000 * r["cpu_seconds"] for r in runs], ".0f"),
        ],
        ["its peak RSS, MB", spread([r["peak_rss_bytes"] / 1e6 for r in runs], ".0f")],
    ]
    return Section(f"{table(['start', f'median of {RUNS}'], figures)}\n\n{table(['file', 'MB'], rows)}\n")
