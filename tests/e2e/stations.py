"""Many stations side by side: most of a fault's time is spent waiting for the next attempt."""

import itertools
import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from invariants import find_secrets
from station import Station


class Stations:
    """Starts stations as they are needed, up to `count`. Each job has one for itself."""

    def __init__(self, plugin: Path, folder: Path, count: int):
        self.folder = folder
        self._signatures: set[str] = set()
        self._plugin = plugin
        self._free: queue.SimpleQueue[Station] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._all: list[Station] = []
        self._threads = ThreadPoolExecutor(count)

    def run(self, job: Callable, *arguments) -> Future:
        """`job` is called with a station and the arguments, on another thread."""
        return self._threads.submit(self._run, job, *arguments)

    def _run(self, job: Callable, *arguments):
        try:
            station = self._free.get_nowait()
        except queue.Empty:
            station = Station(self._plugin, self.folder, f"plugin-{next(self._numbers)}")
            self._all.append(station)
        result = job(station, *arguments)
        self._free.put(station)  # not after a failure, which is to spoil nothing else
        return result

    def add_signatures(self, signatures: set[str]) -> None:
        """Those of requests are looked for in the logs."""
        self._signatures.update(signatures)

    def stop(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        for station in self._all:
            station.stop()

    def secrets_in_logs(self) -> list[str]:
        """What the plugins have told that they must not, and where."""
        assert self._signatures, "no request was signed"
        found = []
        for path in sorted(self.folder.glob("*.log")):
            text = path.read_text(errors="replace")
            found += [f"{secret} in {path.name}" for secret in find_secrets(text, self._signatures)]
        return found
