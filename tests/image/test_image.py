"""The container image as people run it: published port, read-only root, any user, no shell."""

import json
import subprocess
import tarfile
import time

from lake.processes import free_port
from lake.s3_server import ACCESS_KEY, SECRET_KEY

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_EC2_METADATA_DISABLED": "true",
}

STRICT = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")


def wait_until(condition, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
    return value


def healthy(engine, name: str) -> bool:
    done = subprocess.run(
        [engine.program, "exec", name, "/usr/bin/cq-source-s3", "health"], capture_output=True
    )
    return done.returncode == 0


def environment_options(variables: dict[str, str]) -> list[str]:
    return [f"--env={name}={value}" for name, value in variables.items()]


def client_sync(programs, dsn: str, spec: dict, folder, **flags) -> dict:
    (folder / "spec.json").write_text(json.dumps(spec))
    options = {"spec": folder / "spec.json", "dsn": dsn, **flags}
    command = [programs / "client", "sync"]
    command += [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def check_rows(database, lake) -> None:
    for table, rows in lake.rows.items():
        assert database.rows(f"select count(*) from {table}")[0]["count"] == len(rows), table


def test_it_says_what_it_is(engine, image):
    config = json.loads(engine.run("image", "inspect", image))[0]["Config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/usr/bin/cq-source-s3"]
    assert config["Cmd"] == ["serve", "--address", "[::]:7777"]
    assert list(config["ExposedPorts"]) == ["7777/tcp"]
    labels = config["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    version = engine.run("run", "--rm", image, "--version").removeprefix("cq-source-s3 version ")
    assert labels["org.opencontainers.image.version"] == version


def test_it_holds_nothing_but_the_program(engine, image, container, tmp_path):
    """At most 120 MB, no shell, nothing that anybody but root may write, nothing set-user-id."""
    name = container(command=("--version",))
    engine.run("export", name, f"--output={tmp_path}/root.tar")
    with tarfile.open(tmp_path / "root.tar") as archive:
        members = archive.getmembers()
    assert sum(member.size for member in members) < 120e6
    paths = {member.name for member in members}
    assert "usr/bin/cq-source-s3" in paths and "etc/ssl/certs/ca-certificates.crt" in paths
    assert not {path for path in paths if path.split("/")[-1] in ("sh", "bash", "busybox", "apt", "dpkg")}
    ours = [m for m in members if m.name.startswith(("usr", "home", "etc/ssl")) and not m.issym()]
    assert [m.name for m in ours if m.mode & 0o6022 or m.uid != 0] == []


def test_it_serves_on_its_port_and_stops_when_asked(engine, container):
    name = container(*STRICT)
    wait_until(lambda: healthy(engine, name))
    started = time.monotonic()
    engine.run("stop", "--time=30", name)
    assert time.monotonic() - started < 25  # well before the engine kills it
    state = json.loads(engine.run("inspect", name))[0]["State"]
    assert state["ExitCode"] == 0
    assert "shutting down" in engine.run("logs", name)


def test_the_engine_sees_its_health(engine, container):
    name = container(*STRICT, "--health-interval=1s", command=("serve", "--address", "[::]:8080"))

    def status() -> str:
        return json.loads(engine.run("inspect", name))[0]["State"]["Health"]["Status"]

    wait_until(lambda: status() == "healthy")


def test_a_sync_by_registry_grpc(engine, container, programs, database, lake, spec, tmp_path):
    port = free_port()
    command = ("serve", "--address", "[::]:8080", "--log-format", "json")
    options = [*STRICT, f"--publish=127.0.0.1:{port}:8080", *environment_options(CREDENTIALS)]
    name = container(*options, command=command)
    wait_until(lambda: healthy(engine, name))
    report = client_sync(
        programs, database.dsn, spec, tmp_path, registry="grpc", source_path=f"127.0.0.1:{port}"
    )
    assert report["violations"] == []
    check_rows(database, lake)


def test_a_sync_with_a_mounted_profile(engine, container, programs, database, lake, spec, tmp_path):
    folder = tmp_path / "aws"
    folder.mkdir()
    folder.chmod(0o755)
    text = "[lake]\naws_access_key_id={AWS_ACCESS_KEY_ID}\naws_secret_access_key={AWS_SECRET_ACCESS_KEY}\n"
    (folder / "credentials").write_text(text.format(**CREDENTIALS))
    (folder / "credentials").chmod(0o644)
    port = free_port()
    name = container(*STRICT, f"--publish=127.0.0.1:{port}:7777", f"--volume={folder}:/home/nonroot/.aws:ro",
                     "--env=AWS_EC2_METADATA_DISABLED=true")  # fmt: skip
    wait_until(lambda: healthy(engine, name))
    report = client_sync(programs, database.dsn, {**spec, "local_profile": "lake"}, tmp_path, registry="grpc",
                         source_path=f"127.0.0.1:{port}")  # fmt: skip
    assert report["violations"] == []
    check_rows(database, lake)


def test_a_sync_by_registry_docker(engine, image, programs, database, lake, spec, tmp_path):
    """CloudQuery starts and stops the container, and gives it no environment: the image brings it here."""
    lines = [f"FROM {image}", *(f"ENV {name}={value}" for name, value in CREDENTIALS.items())]
    (tmp_path / "Dockerfile").write_text("\n".join(lines))
    engine.run("build", "--tag=cq-source-s3-with-credentials", str(tmp_path))
    report = client_sync(programs, database.dsn, spec, tmp_path, registry="docker",
                         source_path="cq-source-s3-with-credentials")  # fmt: skip
    assert report["violations"] == []
    check_rows(database, lake)
