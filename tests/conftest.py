"""What whole-program tests share: servers, the client, and a World for each test."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("", "e2e", "python")]

from lake.database import DatabaseServer  # noqa: E402
from lake.s3_server import S3Server, tools_folder  # noqa: E402
from world import World  # noqa: E402


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with client, destination and testsource, built from tests/client."""
    folder = tools_folder() / "build" / "client"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several pytest runs may start at once
        subprocess.run(
            [tools_folder() / "bin" / "go", "build", "-o", f"{folder}/", "./cmd/..."],
            cwd=ROOT / "tests" / "client",
            env={**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local"},
            check=True,
        )
    return folder


@pytest.fixture(scope="session")
def plugin() -> Path:
    """The plugin under test. Missing is a failure, never a skip."""
    path = Path(os.environ.get("CQS3_PLUGIN") or ROOT / "build/dev/src/cli/cq-source-s3")
    if not os.access(path, os.X_OK):
        pytest.fail(f"no plugin at {path}: build the target cq-source-s3, or set CQS3_PLUGIN")
    return path


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    server = S3Server(tmp_path_factory.mktemp("s3") / "data")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def database_server():
    server = DatabaseServer()
    yield server
    server.stop()


@pytest.fixture
def world(programs, plugin, s3_server, database_server, tmp_path):
    world = World(programs, plugin, s3_server, database_server.new_database(), tmp_path)
    yield world
    world.close()
