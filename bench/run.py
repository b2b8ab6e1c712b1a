"""Measures the plugin and prints a Markdown report. Started by scripts/bench."""

import argparse
import contextlib
import os
import pathlib

import generate
from measure import HERE, Bench, say
from parts import PARTS
from report import Section, conditions, environment, write_section
from server import set_credentials

DEFAULT_SCALE = 0.1


def names(known: dict):
    def parse(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"unknown name '{name}': there are {', '.join(known)}")
        return chosen

    return parse


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "--parts", type=names(PARTS), help=f"what to measure, with commas: {','.join(PARTS)} (all)"
    )
    parser.add_argument(
        "--sets",
        type=names(generate.SETS),
        help="data sets of engine, memory and requests, with commas (all); without --parts: of engine alone",
    )
    parser.add_argument("--scale", type=float, default=DEFAULT_SCALE, help="1 is full size (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="pairs for each data set (%(default)s)")
    parser.add_argument("--rows-per-record", type=int, default=500, help="the plugin's (%(default)s)")
    parser.add_argument("--concurrency", type=int, default=50, help="the plugin's (%(default)s)")
    parser.add_argument("--decode-threads", type=int, default=2, help="the yardstick's (%(default)s)")
    parser.add_argument("--delay-ms", type=int, default=30, help="of the proxy (%(default)s)")
    parser.add_argument("--slow-seconds", type=int, default=10, help="of the slow client (%(default)s)")
    parser.add_argument(
        "--write", type=pathlib.Path, help="put the figures into this page, the plots beside it"
    )
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build/bench")
    parser.add_argument("--plugin", type=pathlib.Path, help="another executable to measure")
    options = parser.parse_args()
    options.plugin = options.plugin or options.build / "src/cli/cq-source-s3"
    options.parts = options.parts or (["engine"] if options.sets else list(PARTS))
    options.sets = options.sets or list(generate.SETS)
    if options.runs < 1 or options.scale <= 0:
        parser.error("--runs and --scale must be greater than 0")
    if options.slow_seconds < 4 or options.delay_ms < 1:
        parser.error("--slow-seconds must be at least 4, --delay-ms at least 1")
    return options


def hand_over(options: argparse.Namespace, name: str, section: Section, circumstances: str) -> None:
    """Prints a section and stores its plots: with the page, or else with what was built."""
    text = f"{section.text}\n{circumstances}\n"
    print(f"## {name}\n\n{text}", flush=True)
    folder = (options.write.parent if options.write else options.build) / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    for file, svg in section.plots.items():
        (folder / file).write_text(svg)
    if options.write:
        write_section(options.write, name, text)


def main() -> None:
    options = parse_arguments()
    circumstances = conditions(options, os.getloadavg()[0])
    if options.scale < 1:
        say(f"{options.scale:g} of the full size, to be quick; --scale 1 is the full size")
    set_credentials()
    print(environment())
    if options.write:
        write_section(options.write, "environment", environment())
    with contextlib.ExitStack() as stack:
        bench = Bench(options, stack)
        for name in options.parts:
            say(f"part {name}")
            hand_over(options, name, PARTS[name](bench), circumstances)


if __name__ == "__main__":
    main()
