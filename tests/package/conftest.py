"""What `make package` made, and a bucket with a small lake to read with it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.dataset
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/package")]

from lake import small_lake  # noqa: E402
from lake.s3_server import ACCESS_KEY, REGION, SECRET_KEY, S3Server  # noqa: E402
from packages import newest  # noqa: E402

CONFIGURATION = """\
kind: source
spec:
  name: lake
  path: cq-source-s3
  registry: local
  tables: ["*"]
  destinations: [postgresql]
  spec: {{bucket: lake, region: {region}, endpoint: "{endpoint}", path_style: true}}
"""
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass
class Lake:
    endpoint: str
    expected: dict[str, list[dict]]

    def check_sync(self, command: list, folder: Path, seen_as: str, **environment: str) -> None:
        """Syncs the bucket with `command`, which sees `folder` as `seen_as`, and looks at every row."""
        (folder / "lake.yml").write_text(CONFIGURATION.format(region=REGION, endpoint=self.endpoint))
        done = subprocess.run(
            [*command, "sync", f"{seen_as}/lake.yml", "--to", f"{seen_as}/copy"],
            env={"PATH": os.environ["PATH"], **CREDENTIALS, **environment},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr

        def first(row: dict) -> str:
            return repr(next(iter(row.values())))

        for table, expected in self.expected.items():
            rows = pyarrow.dataset.dataset(folder / "copy" / table, format="parquet").to_table().to_pylist()
            kept = [{name: row[name] for name in expected[0]} for row in rows]
            assert sorted(kept, key=first) == sorted(expected, key=first), table


@pytest.fixture(scope="session")
def lake(tmp_path_factory):
    server = S3Server(tmp_path_factory.mktemp("s3") / "data")
    yield Lake(server.endpoint, small_lake.fill(server.bucket("lake")))
    server.stop()


@pytest.fixture(scope="session")
def tree(tmp_path_factory) -> Path:
    """The tarball, unpacked."""
    folder = tmp_path_factory.mktemp("tarball")
    subprocess.run(["tar", "-xf", newest("cq-source-s3", ".tar.gz"), "-C", folder], check=True)
    return next(folder.iterdir())


@pytest.fixture(scope="session")
def single_file() -> Path:
    return newest("cq-source-s3-onefile", "")


@pytest.fixture(scope="session")
def deb() -> Path:
    return newest("cq-source-s3", ".deb")
