"""A bucket behind a proxy, a database, and the client between them."""

import itertools
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from lake.database import Database
from lake.proxy import Proxy
from lake.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

_bucket_numbers = itertools.count(1)

DELETE_STALE = "overwrite-delete-stale"
OVERWRITE = "overwrite"
APPEND = "append"
MODES = (DELETE_STALE, OVERWRITE, APPEND)

STATE_TABLE = "cq_state"


@dataclass
class Result:
    """The client's report and exit status."""

    status: int
    report: dict
    stderr: str
    dump: Path | None = None

    def __getattr__(self, name: str):
        return self.report[name]

    def logged(self, level: str) -> list[str]:
        """Messages of the plugin's log lines of this level, with their fields."""
        lines = [line for line in self.report["log"] if line.get("level") == level]
        return [json.dumps(line, ensure_ascii=False) for line in lines]

    def rows_sent(self, table: str) -> pa.Table:
        """The rows of a table as the plugin sent them."""
        batches = []
        for path in sorted(self.dump.glob("*.insert.arrow")):
            with pa.ipc.open_stream(path) as reader:
                if reader.schema.metadata[b"cq:table_name"].decode() == table:
                    batches.extend(reader)
        return pa.Table.from_batches(batches)

    def schema(self, table: str) -> pa.Schema:
        """A table as it was announced last."""
        for path in sorted(self.dump.glob("*.migrate.arrow"), reverse=True):
            with pa.ipc.open_stream(path) as reader:
                if reader.schema.metadata[b"cq:table_name"].decode() == table:
                    return reader.schema
        raise KeyError(table)


@dataclass
class World:
    programs: Path
    plugin: Path
    server: S3Server
    database: Database
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.bucket = self.server.bucket(f"bucket-{next(_bucket_numbers)}")
        self.proxy = Proxy(self.server.port)
        self._runs = itertools.count(1)
        outside = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.environment = {
            **outside,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(self.folder),
            **self.environment,
        }

    def close(self) -> None:
        self.proxy.stop()

    def spec(self, **changes) -> dict:
        """The plugin's spec; a change to None leaves the field out."""
        spec = {
            "bucket": self.bucket.name,
            "region": self.server.region,
            "endpoint": self.proxy.endpoint,
            "path_style": True,
            **changes,
        }
        return {name: value for name, value in spec.items() if value is not None}

    def command(self, verb: str, spec: dict | None = None, **flags) -> list[str]:
        number = next(self._runs)
        path = self.folder / f"spec-{number}.json"
        path.write_text(json.dumps(self.spec() if spec is None else spec))
        given = {"source_path": self.plugin, "spec": path, "dsn": self.database.dsn, **flags}
        command = [str(self.programs / "client"), verb]
        for name, value in given.items():
            if value is not None:
                command += [f"--{name.replace('_', '-')}={_text(value)}"]
        return command

    def run(self, verb: str, spec: dict | None = None, **flags) -> Result:
        """Any command of the client, whatever comes of it."""
        done = subprocess.run(
            self.command(verb, spec, **flags),
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=120,
        )
        try:
            report = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"no report:\n{done.stdout}\n{done.stderr}") from None
        return Result(done.returncode, report, done.stderr, flags.get("dump"))

    def sync_with_error(self, spec: dict | None = None, **flags) -> Result:
        """A sync that the CLI reports as failed. The plugin keeps the protocol and ends well."""
        result = self._sync(spec, **flags)
        assert result.status == 1, "the sync did not fail"
        return result

    def sync(self, spec: dict | None = None, **flags) -> Result:
        """A sync that the CLI reports as completed, perhaps with counted errors."""
        result = self._sync(spec, **flags)
        assert result.status == 0, f"{result.error}\n{result.logged('error')}"
        return result

    def _sync(self, spec: dict | None, **flags) -> Result:
        dump = self.folder / f"dump-{next(self._runs)}"
        dump.mkdir()
        result = self.run("sync", spec, **{"dump": dump, **flags})
        assert result.violations == []
        assert result.source_stop == ""
        return result

    def sync_with_state(self, spec: dict | None = None, **flags) -> Result:
        return self.sync(spec, backend_table=STATE_TABLE, **flags)

    def objects_read(self) -> list[str]:
        """Keys of objects whose content was asked for since the last call."""
        prefix = f"/{self.bucket.name}/"
        return sorted(
            {
                request.path.removeprefix(prefix)
                for request in self.proxy.take_log()
                if request.method == "GET" and not request.is_list
            }
        )

    def state(self) -> dict[str, str]:
        if STATE_TABLE not in self.database.tables():
            return {}
        rows = self.database.rows(f"select key, value from {STATE_TABLE}")
        return {row["key"]: row["value"] for row in rows}


def _text(value) -> str:
    if isinstance(value, list | tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
