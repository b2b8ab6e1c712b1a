"""A folder in which the blocks of one page are run, with an S3 server and a database of its own."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import lakes
from blocks import ROOT, Block
from lake.database import Database
from lake.processes import free_port
from lake.s3_server import ACCESS_KEY, SECRET_KEY, S3Server, tools_folder

DESTINATION = """kind: destination
spec:
  name: postgresql
  path: cloudquery/postgresql
  registry: cloudquery
  version: v8.0.0
  spec:
    connection_string: "${PG_CONNECTION_STRING}"
"""
SOURCE = """kind: source
spec:
  name: lake
  path: ./cq-source-s3
  registry: local
  tables: ["*"]
  destinations: [postgresql]
"""
# What the CLI knows beside the plugin's own spec.
SOURCE_FIELDS = {"tables", "skip_tables", "backend_options", "destinations", "deterministic_cq_id"}


class Sandbox:
    def __init__(self, programs: Path, plugin: Path, server: S3Server, database: Database, folder: Path):
        self.folder = folder / "work"
        self.programs = programs
        self._server = server
        self._buckets: dict[str, object] = {}
        commands = folder / "bin"
        commands.mkdir()
        (commands / "cq-source-s3").symlink_to(plugin)
        for command in ("cloudquery", "kubectl"):
            (commands / command).symlink_to(Path(__file__).with_name(command))
        for place in ("cq-source-s3", "build/release/src/cli/cq-source-s3"):
            path = self.folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(plugin)
        example = Path(os.environ.get("CQS3_NUMBERS") or ROOT / "build/dev/examples/numbers/numbers")
        (self.folder / "numbers").symlink_to(example)
        shutil.copytree(ROOT / "deploy", self.folder / "deploy")
        (self.folder / "scripts").mkdir()
        bench = self.folder / "scripts" / "bench"
        bench.write_text(f'#!/bin/sh\nexec {ROOT}/scripts/bench "$@"\n')
        bench.chmod(0o755)
        self._port = str(free_port())
        self._groups: list[int] = []
        self._destination = folder / "destination.yml"
        self._destination.write_text(DESTINATION)
        outside = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self.environment = {
            **outside,
            "PATH": f"{commands}:{outside['PATH']}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CQS3_CLIENT_PROGRAMS": str(programs),
            "PG_CONNECTION_STRING": database.dsn,
            "LAKE_BUCKET": "lake",
            "CQS3_DEPS": str(tools_folder()),
            "HOME": str(self.folder),
        }

    def run(self, block: Block) -> str:
        """Runs a block; returns what is wrong, or an empty text."""
        for name, lake in block.buckets:
            lakes.fill(self._bucket(name, filled=False), lake)
        return getattr(self, f"_run_{block.language}")(block)

    def _bucket(self, name: str, filled: bool = True):
        if name not in self._buckets:
            self._buckets[name] = self._server.bucket(name)
            if filled:
                lakes.small(self._buckets[name])
        return self._buckets[name]

    def _shell(self, script: str, *options: str) -> subprocess.CompletedProcess:
        command = ["bash", *options, "-c", script.replace("7777", self._port)]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            self._groups.append(process.pid)  # with what it leaves running
            output, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, output)

    def _run_sh(self, block: Block) -> str:
        done = self._shell(block.text, "-euo", "pipefail")
        return "" if done.returncode == 0 else f"exit status {done.returncode}:\n{done.stdout}"

    def _run_console(self, block: Block) -> str:
        for command, expected in _session(block.text):
            done = self._shell(command)
            if not matches(expected, done.stdout):
                return f"$ {command}\n--- expected\n{expected}--- got\n{done.stdout}"
            if not expected and done.returncode != 0:
                return f"$ {command}\nexit status {done.returncode}:\n{done.stdout}"
        return ""

    def _run_json(self, block: Block) -> str:
        json.loads(block.text)
        return ""

    def _run_ini(self, block: Block) -> str:
        """AWS shared files: they are put where the AWS tools look for them."""
        assert block.file_name, "the first line must name the file"
        path = self.folder / block.file_name
        path.parent.mkdir(exist_ok=True)
        text = re.sub(r"(aws_access_key_id = ).*", rf"\g<1>{ACCESS_KEY}", block.text)
        path.write_text(re.sub(r"(aws_secret_access_key = ).*", rf"\g<1>{SECRET_KEY}", text))
        return ""

    def _run_yaml(self, block: Block) -> str:
        documents = self.documents(block.text)
        kinds = [one.get("kind") for one in documents]
        if kinds == [None]:
            return self._check_fields(documents[0])
        path = self.folder / (block.file_name or f"block-{block.line}.yml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._prepared(block.text))
        files = [str(path)]
        if "destination" not in kinds:
            files.append(str(self._destination))
        if "source" not in kinds:
            source = self.folder.parent / "source.yml"
            source.write_text(self._prepared(SOURCE + "  spec: {bucket: lake, region: x}\n"))
            return self._cloudquery("validate-config", str(source), *files)
        for one in documents:
            if one["kind"] == "source":
                if bucket := one["spec"]["spec"].get("bucket"):
                    self._bucket(self._expanded(bucket))
        problem = self._cloudquery("validate-config", *files)
        if problem or block.file_name:  # a file is for the commands below it
            return problem
        problem = self._cloudquery("sync", *files)
        if not block.result:
            return problem
        return "" if block.result in problem else f"expected {block.result!r}, got:\n{problem}"

    def documents(self, text: str) -> list[dict]:
        done = subprocess.run(
            [self.programs / "yamljson"], input=text, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    def _check_fields(self, fields: dict) -> str:
        """Fields of the plugin's spec, or some that stand beside it."""
        spec = {"bucket": "lake", "region": "eu-central-1"}
        outside = {k: v for k, v in fields.items() if k in SOURCE_FIELDS}
        spec |= {k: v for k, v in fields.items() if k not in outside} | fields.get("spec", {})
        spec.pop("spec", None)
        path = self.folder.parent / "fields.yml"
        source = SOURCE + "".join(f"  {k}: {json.dumps(v)}\n" for k, v in outside.items() if k not in SOURCE)
        path.write_text(source + f"  spec: {json.dumps(spec)}\n")
        return self._cloudquery("validate-config", str(path), str(self._destination))

    def _cloudquery(self, *words: str) -> str:
        done = self._shell(" ".join(["cloudquery", *words]))
        return "" if done.returncode == 0 else f"{words}: exit status {done.returncode}:\n{done.stdout}"

    def _expanded(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda found: self.environment[found[1]], text)

    def _prepared(self, text: str) -> str:
        """The text with the local server in place of the store that it names, and the program in place of
        what the hub would send."""
        hub = "path: TEAM/s3\n  registry: cloudquery\n  version: VERSION_SOURCE_S3"
        text = text.replace(hub, "path: ./cq-source-s3\n  registry: local")
        text = re.sub(r"(?m)^( *)endpoint: .*$", rf"\1endpoint: {self._server.endpoint}", text)
        text = text.replace("7777", self._port)
        extra = "" if "endpoint:" in text else rf"\n\1endpoint: {self._server.endpoint}"
        extra += "" if "path_style:" in text else r"\n\1path_style: true"
        text = text.replace("path_style: false", "path_style: true")
        text = re.sub(r"region: x", f"region: {self._server.region}", text)
        return re.sub(r"(?m)^( *)region: .*$", rf"\1region: {self._server.region}" + extra, text)

    def close(self) -> None:
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)


def _session(text: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output shown below it."""
    steps: list[tuple[str, str]] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command = command[:-1] + next(lines).removeprefix("> ").strip()
            steps.append((command, ""))
        else:
            assert steps, "a console block begins with a command"
            steps[-1] = (steps[-1][0], steps[-1][1] + line + "\n")
    return steps


def matches(expected: str, got: str) -> bool:
    """`…` stands for any text of a line, and for any lines when it is alone in one."""
    if not expected:
        return True
    pattern = ""
    for line in expected.rstrip("\n").splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += r"[^\n]*".join(re.escape(part) for part in line.rstrip().split("…")) + r" *\n"
    return re.fullmatch(pattern, got.rstrip("\n") + "\n") is not None
