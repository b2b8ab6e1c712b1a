"""The image under test, a container engine, and an S3 server that containers reach."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests")]

from lake import small_lake  # noqa: E402
from lake.s3_server import REGION, S3Server  # noqa: E402


class Engine:
    """Docker, or what understands its commands ($DOCKER)."""

    def __init__(self):
        self.program = os.environ.get("DOCKER") or "docker"

    def run(self, *arguments: str, status: int = 0, seconds: float = 120) -> str:
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=seconds)
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return (done.stdout + done.stderr).strip()


@pytest.fixture(scope="session")
def engine() -> Engine:
    engine = Engine()
    engine.run("version")  # no engine is a failure, never a skip
    return engine


@pytest.fixture(scope="session")
def image(engine) -> str:
    name = os.environ.get("CQS3_IMAGE") or "cq-source-s3"
    engine.run("image", "inspect", name)
    return name


@pytest.fixture
def container(engine, image):
    """Starts containers of the image and removes them afterwards."""
    started = []

    def start(*options: str, command: tuple[str, ...] = (), of: str = image) -> str:
        name = engine.run("run", "--detach", *options, of, *command).splitlines()[-1]
        started.append(name)
        return name

    yield start
    for name in started:
        engine.run("rm", "--force", name)


@pytest.fixture(scope="session")
def bridge(engine, image) -> str:
    """This machine's address as containers see it."""
    name = engine.run("run", "--detach", image)
    template = "{{.NetworkSettings.Gateway}}"
    try:
        return engine.run("inspect", name, "--format", template)
    finally:
        engine.run("rm", "--force", name)


@pytest.fixture(scope="session")
def lake(tmp_path_factory, bridge):
    server = S3Server(tmp_path_factory.mktemp("s3") / "data", host=bridge)
    server.rows = small_lake.fill(server.bucket("lake"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def spec(lake) -> dict:
    return {"bucket": "lake", "region": REGION, "endpoint": lake.endpoint, "path_style": True}


@pytest.fixture
def database(database_server):
    return database_server.new_database()
