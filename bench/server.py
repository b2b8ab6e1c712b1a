"""The processes around the plugin: the S3 server, the proxy in front of it, the keeper of the state."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

DEPS = pathlib.Path(os.environ.get("CQS3_DEPS", pathlib.Path.home() / ".cache/cq-source-s3"))
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench-secret",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def set_credentials() -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ |= CREDENTIALS


class Server:
    """versitygw over one folder; a bucket is a folder in it, an object a plain file."""

    def __init__(self, store: pathlib.Path, log: pathlib.Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        store.mkdir(parents=True, exist_ok=True)
        self.store = store
        self.endpoint = f"http://127.0.0.1:{self.port}"
        keys = ["--access", os.environ["AWS_ACCESS_KEY_ID"], "--secret", os.environ["AWS_SECRET_ACCESS_KEY"]]
        flags = ["--port", f"127.0.0.1:{self.port}", "--quiet", "--keep-alive"]
        # It shares the cores of what is measured: fewer collections of its garbage for more of its memory.
        environment = os.environ | {"GOGC": "400"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [DEPS / "bin/versitygw", *keys, *flags, "posix", store],
                stdout=output,
                stderr=output,
                env=environment,
            )
        while not self.accepts():
            if self.process.poll() is not None:
                sys.exit(f"bench: the S3 server did not start: see {log}")
            time.sleep(0.05)

    def accepts(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


class Helper:
    """A program that answers each line with a line of JSON, and ends with its input."""

    def __init__(self, *command: object):
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.greeting = self.answer()

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"bench: {self.process.args[0]} ended (exit status {self.process.wait()})")
        return json.loads(line)

    def counts(self) -> dict[str, int]:
        """The requests since the last call, by kind."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


class Proxy(Helper):
    """latency_proxy: adds `delay_ms` to every answer, and counts requests."""

    def __init__(self, build: pathlib.Path, server: Server, delay_ms: int):
        program = build / "bench/latency_proxy"
        super().__init__(program, "--upstream", server.port, "--delay-ms", delay_ms)
        self.endpoint = f"http://127.0.0.1:{self.greeting['port']}"


class ListServer(Helper):
    """list_server.py: lists a bucket of `server` from memory, `delay_ms` late."""

    def __init__(self, server: Server, bucket: str, delay_ms: int):
        program = pathlib.Path(__file__).with_name("list_server.py")
        flags = ["--upstream", server.endpoint, "--bucket", bucket, "--delay-ms", delay_ms]
        super().__init__(sys.executable, program, *flags)
        self.endpoint = f"http://127.0.0.1:{self.greeting['port']}"


class StateBackend(Helper):
    """state_backend: remembers what syncs store, until it is closed."""

    def __init__(self, build: pathlib.Path):
        super().__init__(build / "bench/state_backend")

    def flags(self) -> list[str]:
        return ["--backend", self.greeting["address"], "--backend-table", self.greeting["table"]]
