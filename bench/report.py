"""Markdown: tables, the conditions of a run, and the page's sections."""

import argparse
import datetime
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
from dataclasses import dataclass, field

import pyarrow as pa
from server import DEPS

HERE = pathlib.Path(__file__).resolve().parent


@dataclass
class Section:
    """What one part found: Markdown, and plots as SVG by file name."""

    text: str
    plots: dict[str, str] = field(default_factory=dict)


def spread(values: list[float], form: str) -> str:
    """Median and, in brackets, least and greatest."""
    if len(values) == 1:
        return f"{values[0]:{form}}"
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def median(runs: list[dict], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] + ["--:"] * (len(headings) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def size_of(made: dict[str, int]) -> str:
    objects = "1 object" if made["objects"] == 1 else f"{made['objects']:,} objects"
    return f"{made['rows']:,} rows, {objects}, {made['bytes'] / 1e6:,.0f} MB"


def machine() -> str:
    model = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores of {model}, {memory:.0f} GiB, Linux {platform.release()}"


def output_of(*command: object) -> str:
    return subprocess.run(command, capture_output=True, text=True, cwd=HERE, check=False).stdout.strip()


def commit(options: argparse.Namespace) -> str:
    """What was measured: the tree as it is, if scripts/bench built it."""
    if options.plugin.resolve() != (HERE.parent / "build/bench/src/cli/cq-source-s3").resolve():
        return "another build than the tree's"
    name = output_of("git", "rev-parse", "--short", "HEAD") or "unknown commit"
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no", "--", "../src", "../sdk")
    return f"{name} with changes" if changed else name


def conditions(options: argparse.Namespace, load: float) -> str:
    """One line under each section: sections may be measured at different times. To be asked once, at the
    start: the tree may change meanwhile."""
    text = (
        f"Scale {options.scale:g} · rows_per_record {options.rows_per_record} · "
        f"concurrency {options.concurrency} · load before the start {load:.2f} · "
        f"{commit(options)} · {datetime.date.today()}"
    )
    if options.scale < 1 or load > 1:
        text = f"**Preliminary** (a reduced size, or a machine with other work). {text}"
    return text


def environment() -> str:
    compiler = output_of("g++", "-dumpfullversion")
    server = (DEPS / "bin/versitygw").resolve().name.replace("-", " ", 1)
    return (
        f"- Machine: {machine()}\n"
        f"- Versions: release build, g++ {compiler}, Arrow C++ {pa.__version__}, {server}\n"
    )


def write_section(page: pathlib.Path, name: str, text: str) -> None:
    """Replaces what stands between the section's two marks."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    marks = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    old = page.read_text()
    if not marks.search(old):
        sys.exit(f"bench: {page} has no lines {begin} and {end}")
    page.write_text(marks.sub(lambda _: f"{begin}\n{text}{end}", old))
