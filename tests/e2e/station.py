"""One plugin process that serves many syncs, with a fake S3 and a state backend of its own."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pyarrow as pa
from cloudquery.plugin_v3 import plugin_pb2, plugin_pb2_grpc
from fake_s3 import FakeS3
from fake_s3.wire import Request
from lake.memory_state import TABLE, MemoryState
from lake.processes import Process, stop, wait_for_socket
from lake.versions import Row, rows_in

# In the form of AWS's own, with characters that encodings change.
ACCESS_KEY = "ASIAQ3EGTESTONLY4XYZ"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYz9TESTONLY"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDf0+TESTONLY/3kq7Zp+9uVbW2LwQ=="
REGION = "eu-central-1"
MEMORY_LIMIT = 32 << 20
# A watchdog against what hangs, far above what any sync takes.
DEADLINE_SECONDS = 240
_OPTIONS = [("grpc.max_receive_message_length", 100 << 20)]


@dataclass
class Outcome:
    """What a client sees of a sync, and what S3 saw of it."""

    status: str = "OK"
    error: str = ""
    skipped: list[str] = field(default_factory=list)  # texts of error messages
    batches: list[list[Row]] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    log: list[dict] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        return [row for batch in self.batches for row in batch]

    def objects_read(self) -> set[str]:
        return {request.key for request in self.requests if request.operation == "get"}


class Station:
    """Until stop(). One sync at a time; start several stations to run more."""

    def __init__(self, plugin: Path, folder: Path, name: str, **environment: str):
        self.log_path = folder / f"{name}.log"
        self.s3 = FakeS3(SECRET_KEY)
        self.state = MemoryState()
        outside = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.environment = {
            **outside,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(folder),
            **environment,
        }
        # No port: one that is free now may be another station's before the plugin listens.
        address = folder / f"{name}.sock"
        with open(self.log_path, "ab") as log:
            self.plugin = subprocess.Popen(
                [str(plugin), "serve", "--network", "unix", "--address", str(address)]
                + ["--log-level", "trace", "--log-format", "json"],
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        wait_for_socket(address, self.plugin)
        self.process = Process(self.plugin.pid)
        self._channel = grpc.insecure_channel(f"unix:{address}", options=_OPTIONS)
        self.stub = plugin_pb2_grpc.PluginStub(self._channel)

    def stop(self) -> None:
        self._channel.close()
        self.s3.stop()
        stop(self.plugin)
        self.state.stop()

    def is_alive(self) -> bool:
        name = self.stub.GetName(plugin_pb2.GetName.Request(), timeout=DEADLINE_SECONDS).name
        return self.plugin.poll() is None and name == "cq-source-s3"

    def init(self, bucket: str, **changes) -> None:
        spec = {
            "bucket": bucket,
            "region": REGION,
            "endpoint": self.s3.endpoint,
            "path_style": True,
            "memory_limit": MEMORY_LIMIT,
            "rows_per_record": 8,
            "concurrency": 8,
            **changes,
        }
        request = plugin_pb2.Init.Request(spec=json.dumps(spec).encode())
        self.stub.Init(request, timeout=DEADLINE_SECONDS)

    def start_sync(self, with_state: bool = True):
        """The stream of messages, which can be cancelled."""
        request = plugin_pb2.Sync.Request(tables=["*"], withErrorMessages=True)
        if with_state:
            request.backend.table_name = TABLE
            request.backend.connection = self.state.target
        return self.stub.Sync(request, timeout=DEADLINE_SECONDS)

    def sync(self, bucket: str, with_state: bool = True, **changes) -> Outcome:
        """A whole sync, whatever comes of it."""
        self.s3.take_log()
        log_begin = self.log_path.stat().st_size
        outcome = Outcome()
        try:
            self.init(bucket, **changes)
            for message in self.start_sync(with_state):
                take(message, outcome)
        except grpc.RpcError as error:
            outcome.status = error.code().name
            outcome.error = error.details()
        outcome.requests = self.s3.take_log()
        with open(self.log_path, "rb") as log:
            log.seek(log_begin)
            outcome.log = [json.loads(line) for line in log if line.startswith(b"{")]
        return outcome


def take(message: plugin_pb2.Sync.Response, outcome: Outcome) -> None:
    kind = message.WhichOneof("message")
    if kind == "insert":
        with pa.ipc.open_stream(message.insert.record) as reader:
            for batch in reader:
                outcome.batches.append(rows_in(batch))
    elif kind == "migrate_table":
        schema = pa.ipc.read_schema(pa.py_buffer(message.migrate_table.table))
        outcome.tables.append(schema.metadata[b"cq:table_name"].decode())
    elif kind == "error":
        outcome.skipped.append(message.error.error)
    else:
        raise AssertionError(f"a message of kind {kind}")
