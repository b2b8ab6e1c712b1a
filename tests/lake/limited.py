"""A process that may have so much memory and no more."""

import subprocess
import threading

from .processes import Process


class LimitedProcess:
    """A process that is told it may have `limit` bytes resident (ulimit -m).

    Linux leaves it to the process to keep to that. peak_bytes() tells whether it did, counted as for a
    container's limit. The limits that Linux enforces (ulimit -d, -v) count what is reserved as if it were
    used.
    """

    def __init__(self, command: list[str], limit: int, environment: dict[str, str]):
        self.lines: list[bytes] = []
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f'ulimit -m {limit >> 10} && exec "$@"', "sh", *command],
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            self.lines.append(line)

    @property
    def process(self) -> subprocess.Popen:
        return self._process

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def peak_bytes(self) -> int:
        return Process(self._process.pid).peak_bytes()

    def stop(self) -> int:
        """Its exit status."""
        self._process.terminate()
        try:
            status = self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._reader.join()
        return status
