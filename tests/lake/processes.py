"""Free ports, child processes that end with the tests, and what Linux tells of a process."""

import os
import socket
import subprocess
import time
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen, seconds: float = 20, host: str = "127.0.0.1") -> None:
    """Returns once something accepts connections; fails when `process` ends before."""
    _wait(socket.AF_INET, (host, port), process, seconds)


def wait_for_socket(path: Path, process: subprocess.Popen, seconds: float = 20) -> None:
    """The same for a Unix socket."""
    _wait(socket.AF_UNIX, str(path), process, seconds)


def _wait(family: socket.AddressFamily, address, process: subprocess.Popen, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with status {process.returncode}")
        with socket.socket(family) as probe:
            probe.settimeout(1)
            if probe.connect_ex(address) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} does not listen on {address} after {seconds} s")


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Process:
    """What Linux tells of a process."""

    def __init__(self, pid: int):
        self._folder = Path("/proc") / str(pid)

    def cpu_seconds(self) -> float:
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def threads(self) -> list[str]:
        """Their names."""
        names = []
        for path in (self._folder / "task").glob("*/comm"):
            try:
                names.append(path.read_text().strip())
            except OSError:
                pass  # it ended
        return sorted(names)

    def files(self) -> int:
        return len(os.listdir(self._folder / "fd"))

    def memory_bytes(self) -> int:
        """In memory now: data, and pages of programs and libraries."""
        return self._kibibytes("VmRSS") << 10

    def peak_bytes(self) -> int:
        """The most of it that there ever was."""
        return self._kibibytes("VmHWM") << 10

    def _kibibytes(self, name: str) -> int:
        for line in (self._folder / "status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise AssertionError(f"no {name}")
