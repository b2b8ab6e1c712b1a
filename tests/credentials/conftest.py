"""A fake of AWS, and a plugin that was started with one kind of credentials."""

import pytest
from fake_aws import FakeAws
from fake_s3 import FakeS3
from station import Station


@pytest.fixture
def aws(tmp_path):
    folder = tmp_path / "aws"
    folder.mkdir()
    try:
        aws = FakeAws(folder)
    except PermissionError:
        pytest.skip(
            "port 443 cannot be bound: `sudo sysctl -w net.ipv4.ip_unprivileged_port_start=443` allows it"
        )
    yield aws
    aws.stop()


@pytest.fixture
def start(plugin, aws, tmp_path):
    """start(setup) gives a Station whose home folder is `tmp_path`."""
    stations = []

    def start(setup):
        nothing = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")
        environment = {**nothing, "AWS_CA_BUNDLE": str(aws.bundle), **setup.environment}
        stations.append(Station(plugin, tmp_path, f"plugin-{len(stations)}", **environment))
        stations[-1].s3.stop()
        stations[-1].s3 = FakeS3()  # a Gate judges the signatures
        return stations[-1]

    yield start
    for station in stations:
        station.stop()
