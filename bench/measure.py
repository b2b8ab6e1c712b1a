"""Runs the plugin and the yardstick and hands back what they used."""

import argparse
import contextlib
import functools
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

import boto3
import generate
import shapes
from server import DEPS, ListServer, Proxy, Server, StateBackend

HERE = pathlib.Path(__file__).resolve().parent


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def expect(what: str, got: int, wanted: int) -> None:
    if got != wanted:
        sys.exit(f"bench: {what}: expected {wanted:,}, got {got:,}")


def tool(*command: object) -> dict:
    """Runs a program that prints JSON."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} failed (exit status {done.returncode})")
    return json.loads(done.stdout)


class Bench:
    """One server, its data sets, and the programs that are measured."""

    def __init__(self, options: argparse.Namespace, stack: contextlib.ExitStack):
        self.options = options
        self.stack = stack
        folder = DEPS / "bench" / f"scale-{options.scale:g}"
        self.server = Server(folder / "store", folder / "server.log")
        stack.callback(self.server.close)

    @functools.cache  # noqa: B019 - one Bench lives as long as the program
    def data_set(self, name: str) -> dict[str, int]:
        """Makes the bucket `name`, unless an earlier run made it with the same generator."""
        marker = self.server.store.parent / f"{name}.json"
        sources = [HERE / "generate.py"]
        if name not in generate.SETS:
            sources.append(HERE / "shapes.py")
        generator = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
        if marker.exists():
            known = json.loads(marker.read_text())
            if known.pop("generator") == generator:
                return known
            marker.unlink()
        shutil.rmtree(self.server.store / name, ignore_errors=True)
        scale = self.options.scale
        say(f"making {name} at scale {scale:g} (kept in {self.server.store} for the next run)")
        s3 = boto3.client("s3", endpoint_url=self.server.endpoint, region_name="us-east-1")
        if same := shapes.copies(name, scale):
            made = shapes.copies_to_bucket(*same, s3, name, self.server.store)
        else:
            made = generate.to_bucket((generate.SETS | shapes.FILES)[name](scale), s3, name)
        marker.write_text(json.dumps(made | {"generator": generator}))
        return made

    @functools.cache  # noqa: B019
    def proxy(self, delay_ms: int) -> Proxy:
        proxy = Proxy(self.options.build, self.server, delay_ms)
        self.stack.callback(proxy.close)
        return proxy

    @functools.cache  # noqa: B019
    def list_server(self, bucket: str, delay_ms: int) -> ListServer:
        server = ListServer(self.server, bucket, delay_ms)
        self.stack.callback(server.close)
        return server

    @functools.cache  # noqa: B019
    def filled_state(self, name: str) -> tuple[StateBackend, dict, dict[str, int]]:
        """A state after a first sync of the set; what that sync used, and its requests."""
        backend = StateBackend(self.options.build)
        self.stack.callback(backend.close)
        made = self.data_set(name)
        proxy = self.proxy(0)
        proxy.counts()
        say(f"{name}: first sync, to fill the state")
        first = self.plugin(name, "--decode", *backend.flags(), endpoint=proxy.endpoint)
        expect(f"rows of {name}", first["rows"], made["rows"])
        return backend, first, proxy.counts()

    def plugin(self, name: str, *flags: object, endpoint: str | None = None) -> dict:
        spec = {
            "bucket": name,
            "region": "us-east-1",
            "endpoint": endpoint or self.server.endpoint,
            "path_style": True,
            "rows_per_record": self.options.rows_per_record,
            "concurrency": self.options.concurrency,
        }
        before = self.server.cpu_seconds()
        client = self.options.build / "bench/drain_client"
        result = tool(client, "--spec", json.dumps(spec), *flags, self.options.plugin)
        return result | {"server_cpu_seconds": self.server.cpu_seconds() - before}

    def start(self) -> dict:
        """Starts the plugin and stops it when it accepts connections."""
        return tool(self.options.build / "bench/drain_client", "--start-only", self.options.plugin)

    def decode(self, name: str) -> dict:
        decode_only = self.options.build / "bench/decode_only"
        return tool(decode_only, "--threads", self.options.decode_threads, self.server.store / name)

    def listing(self, bucket: str, endpoint: str, concurrency: int) -> dict:
        """Lists as the plugin does."""
        flags = ["--endpoint", endpoint, "--bucket", bucket, "--concurrency", concurrency]
        return tool(self.options.build / "bench/list_only", *flags)

    def check_rows(self, name: str) -> dict[str, int]:
        """Fills the page cache and proves that the plugin delivers every row. The set's numbers."""
        made = self.data_set(name)
        expect(f"rows of {name}", self.plugin(name, "--decode")["rows"], made["rows"])
        return made
