"""Measures the plugin beside decode_only and prints a Markdown report. Started by scripts/bench."""

import argparse
import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import generate
import pyarrow as pa

HERE = pathlib.Path(__file__).resolve().parent
DEPS = pathlib.Path(os.environ.get("CQS3_DEPS", pathlib.Path.home() / ".cache/cq-source-s3"))
DEFAULT_SCALE = 0.1
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench-secret",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Server:
    """versitygw over one folder; a bucket is a folder in it, an object a plain file."""

    def __init__(self, store: pathlib.Path, log: pathlib.Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        store.mkdir(parents=True, exist_ok=True)
        self.store = store
        self.endpoint = f"http://127.0.0.1:{port}"
        keys = ["--access", os.environ["AWS_ACCESS_KEY_ID"], "--secret", os.environ["AWS_SECRET_ACCESS_KEY"]]
        flags = ["--port", f"127.0.0.1:{port}", "--quiet", "--keep-alive"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [DEPS / "bin/versitygw", *keys, *flags, "posix", store], stdout=output, stderr=output
            )
        while not self.accepts(port):
            if self.process.poll() is not None:
                sys.exit(f"bench: the S3 server did not start: see {log}")
            time.sleep(0.05)

    @staticmethod
    def accepts(port: int) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def serving(store: pathlib.Path, log: pathlib.Path) -> Iterator[Server]:
    server = Server(store, log)
    try:
        yield server
    finally:
        server.stop()


def data_set(name: str, scale: float, server: Server) -> dict[str, int]:
    """Makes the bucket `name`, unless an earlier run made it with the same generator."""
    marker = server.store.parent / f"{name}.json"
    generator = hashlib.sha256((HERE / "generate.py").read_bytes()).hexdigest()
    if marker.exists():
        known = json.loads(marker.read_text())
        if known.pop("generator") == generator:
            return known
        marker.unlink()
    shutil.rmtree(server.store / name, ignore_errors=True)
    say(f"making {name} at scale {scale:g} (kept in {server.store} for the next run)")
    s3 = boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1")
    made = generate.to_bucket(generate.SETS[name](scale), s3, name)
    marker.write_text(json.dumps(made | {"generator": generator}))
    return made


def tool(*command: object) -> dict:
    """Runs a program that prints one line of JSON."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} failed (exit status {done.returncode})")
    return json.loads(done.stdout)


@dataclass(frozen=True)
class Bench:
    options: argparse.Namespace
    server: Server

    def plugin(self, name: str, *flags: str) -> dict:
        spec = {
            "bucket": name,
            "region": "us-east-1",
            "endpoint": self.server.endpoint,
            "path_style": True,
            "rows_per_record": self.options.rows_per_record,
            "concurrency": self.options.concurrency,
        }
        before = self.server.cpu_seconds()
        client = self.options.build / "bench/drain_client"
        result = tool(client, "--spec", json.dumps(spec), *flags, self.options.plugin)
        return result | {"server_cpu_seconds": self.server.cpu_seconds() - before}

    def decode(self, name: str) -> dict:
        decode_only = self.options.build / "bench/decode_only"
        return tool(decode_only, "--threads", self.options.decode_threads, self.server.store / name)

    def measure(self, name: str, rows: int) -> list[tuple[dict, dict]]:
        """Pairs (plugin, decode only). The pair in front fills the page cache and proves the rows."""
        for seen in (self.decode(name), self.plugin(name, "--decode")):
            if seen["rows"] != rows:
                sys.exit(f"bench: {name} has {rows} rows, but {seen['rows']} came: {seen}")
        pairs = []
        for run in range(self.options.runs):
            if run % 2 == 0:
                plugin = self.plugin(name)
                decoded = self.decode(name)
            else:
                decoded = self.decode(name)
                plugin = self.plugin(name)
            pairs.append((plugin, decoded))
            say(
                f"{name} {run + 1}/{self.options.runs}: plugin {plugin['wall_seconds']:.2f} s wall,"
                f" {plugin['cpu_seconds']:.2f} s CPU; decode only {decoded['wall_seconds']:.2f} s wall,"
                f" {decoded['cpu_seconds']:.2f} s CPU"
            )
        return pairs


def spread(values: list[float], form: str) -> str:
    """Median and, in brackets, least and greatest."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def figures(name: str, made: dict[str, int], pairs: list[tuple[dict, dict]]) -> list[str]:
    plugin, decode = [p for p, _ in pairs], [d for _, d in pairs]
    others = [p["server_cpu_seconds"] + p["client_cpu_seconds"] for p in plugin]
    return [
        f"**{name}**: {made['rows']:,} rows, {made['objects']:,} objects, {made['bytes'] / 1e6:,.0f} MB",
        spread([p["wall_seconds"] for p in plugin], ".2f"),
        spread([p["cpu_seconds"] for p in plugin], ".2f"),
        spread([p["peak_rss_bytes"] / 1e6 for p in plugin], ".0f"),
        spread([d["wall_seconds"] for d in decode], ".2f"),
        spread([d["cpu_seconds"] for d in decode], ".2f"),
        spread([p["wall_seconds"] / d["wall_seconds"] for p, d in pairs], ".2f"),
        spread([p["cpu_seconds"] / d["cpu_seconds"] for p, d in pairs], ".2f"),
        f"{plugin[0]['inserts']:,}",
        f"{statistics.median(others):.2f}",
    ]


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


def table(rows: list[list[str]]) -> str:
    lines = [HEADINGS, ["---"] + ["--:"] * (len(HEADINGS) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


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


def versions() -> str:
    commit = output_of("git", "rev-parse", "--short", "HEAD") or "unknown commit"
    if output_of("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    compiler = output_of("g++", "-dumpfullversion")
    server = (DEPS / "bin/versitygw").resolve().name.replace("-", " ", 1)
    return f"cq-source-s3 {commit} (release, g++ {compiler}), Arrow C++ {pa.__version__}, {server}"


def report(options: argparse.Namespace, rows: list[list[str]], load: float) -> str:
    return f"""{table(rows)}

Medians of {options.runs} runs, least and greatest in brackets; a ratio is plugin : decode only of one pair.
Scale {options.scale:g} · rows_per_record {options.rows_per_record} · concurrency {options.concurrency} · \
{options.decode_threads} decoding threads in the yardstick.

- Machine: {machine()}; load before the start {load:.2f}
- Versions: {versions()}
- Date: {datetime.date.today()}
"""


def write_into(path: pathlib.Path, text: str) -> None:
    page = path.read_text()
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        sys.exit(f"bench: {path} has no lines {BEGIN} and {END}")
    path.write_text(f"{head}{BEGIN}\n{text}{END}{tail}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--sets", default="wide,many,big", help="data sets, with commas (all)")
    parser.add_argument("--scale", type=float, default=DEFAULT_SCALE, help="1 is full size (%(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="pairs for each data set (%(default)s)")
    parser.add_argument("--rows-per-record", type=int, default=500, help="the plugin's (%(default)s)")
    parser.add_argument("--concurrency", type=int, default=50, help="the plugin's (%(default)s)")
    parser.add_argument("--decode-threads", type=int, default=2, help="the yardstick's (%(default)s)")
    parser.add_argument("--write", type=pathlib.Path, help="put the figures into this page too")
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build/bench")
    parser.add_argument("--plugin", type=pathlib.Path, help="another executable to measure")
    options = parser.parse_args()
    options.plugin = options.plugin or options.build / "src/cli/cq-source-s3"
    options.sets = options.sets.split(",")
    for name in options.sets:
        if name not in generate.SETS:
            parser.error(f"unknown data set '{name}': there are {', '.join(generate.SETS)}")
    if options.runs < 1 or options.scale <= 0:
        parser.error("--runs and --scale must be greater than 0")
    return options


def main() -> None:
    options = parse_arguments()
    load = os.getloadavg()[0]
    if options.scale < 1:
        say(f"{options.scale:g} of the full size, to be quick; --scale 1 is the full size")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ |= CREDENTIALS
    folder = DEPS / "bench" / f"scale-{options.scale:g}"
    rows = []
    with serving(folder / "store", folder / "server.log") as server:
        bench = Bench(options, server)
        for name in options.sets:
            made = data_set(name, options.scale, server)
            rows.append(figures(name, made, bench.measure(name, made["rows"])))
    text = report(options, rows, load)
    print(text, end="")
    if options.write:
        write_into(options.write, text)


if __name__ == "__main__":
    main()
