"""versitygw on a local folder: an S3 server that checks signatures."""

import os
import subprocess
import time
from pathlib import Path

import boto3
from botocore.config import Config

from .processes import free_port, stop, wait_for_port

ACCESS_KEY = "testing-access-key"
SECRET_KEY = "testing-secret-key-0123456789"
REGION = "eu-central-1"


def tools_folder() -> Path:
    """Where scripts/bootstrap puts what the distribution lacks."""
    default = Path.home() / ".cache" / "cq-source-s3"
    return Path(os.environ.get("CQS3_DEPS") or default)


class S3Server:
    """Listens on `port` of this machine's address `host` until stop()."""

    def __init__(
        self, folder: Path, region: str = REGION, users: Path | None = None, host: str = "127.0.0.1"
    ):
        """With `users`, a folder, the server knows more users than the one of its client."""
        self.region = region
        self.folder = folder
        self.port = free_port()
        self.endpoint = f"http://{host}:{self.port}"
        program = tools_folder() / "bin" / "versitygw"
        if not program.exists():
            raise RuntimeError(f"{program} is missing: run scripts/bootstrap")
        folder.mkdir(parents=True, exist_ok=True)
        sidecar = folder.with_name("meta-" + folder.name)
        sidecar.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [str(program), "--port", f"{host}:{self.port}", "--access", ACCESS_KEY]
            + ["--secret", SECRET_KEY, "--region", region, "--keep-alive", "--quiet"]
            + ([] if users is None else ["--iam-dir", str(users)])
            + ["posix", "--sidecar", str(sidecar), str(folder)],
            stdout=subprocess.DEVNULL,
        )
        wait_for_port(self.port, self._process, host=host)
        self.client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )

    def bucket(self, name: str) -> "Bucket":
        """A new, empty bucket."""
        self.client.create_bucket(Bucket=name)
        return Bucket(self, name)

    def user(self, access_key: str, secret_key: str) -> None:
        """A new user, who may do nothing yet."""
        program = str(tools_folder() / "bin" / "versitygw")
        admin = [program, "admin", "--access", ACCESS_KEY, "--secret", SECRET_KEY]
        admin += ["--region", self.region, "--endpoint-url", self.endpoint]
        user = ["create-user", "--access", access_key, "--secret", secret_key, "--role", "user"]
        subprocess.run(admin + user, check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        stop(self._process)


class Bucket:
    """Objects get times of a clock that moves on 10 s at each put, in the past: tests need no sleep."""

    def __init__(self, server: S3Server, name: str):
        self.server = server
        self.name = name
        self._now = int(time.time()) - 100_000

    def put(self, key: str, body: bytes, modified: int | None = None) -> str:
        """Stores an object and returns its ETag. `modified`: seconds since 1970."""
        etag = self.server.client.put_object(Bucket=self.name, Key=key, Body=body)["ETag"]
        self._now += 10
        path = self.server.folder / self.name / key
        if not key.endswith("/"):
            os.utime(path, (self._now if modified is None else modified,) * 2)
        return etag

    def delete(self, key: str) -> None:
        self.server.client.delete_object(Bucket=self.name, Key=key)
