"""Faults as data: which requests one meets, and what it does to the reply. README.md has the format."""

import fnmatch
import json
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path

from .actions import Action
from .bucket import Bucket
from .wire import Reply, Request

FOLDER = Path(__file__).parent / "faults"


def refuse_unknown(given: dict, known: set[str], where: str) -> None:
    """A slip of the pen in a fault must not make a test that tests nothing."""
    if unknown := set(given) - known:
        raise ValueError(f"{where}: unknown {sorted(unknown)}, known are {sorted(known)}")


class Calls:
    """Which of the requests that match otherwise: one number, a list of them, or a rule."""

    def __init__(self, given):
        if isinstance(given, int):
            given = [given]
        if isinstance(given, dict):
            refuse_unknown(given, {"from", "to", "every", "probability", "seed"}, "calls")
            self._dice = random.Random(given.get("seed", 0))
        self._given = given

    def has(self, number: int) -> bool:
        if self._given is None:
            return True
        if isinstance(self._given, list):
            return number in self._given
        rule = self._given
        return (
            rule.get("from", 1) <= number <= rule.get("to", number)
            and number % rule.get("every", 1) == 0
            and self._dice.random() < rule.get("probability", 1)
        )


class Fault:
    """Thread-safe. Counts the requests that match, so use a new one for each run."""

    def __init__(self, given: dict, name: str = "fault", names: dict[str, str] | None = None):
        refuse_unknown(given, {"match", "action"}, name)
        match = given.get("match", {})
        refuse_unknown(match, {"operation", "key", "range_from", "continued", "calls"}, f"{name}: match")
        self.name = name
        self._match = match
        self._calls = Calls(match.get("calls"))
        self._action = Action(given["action"], names or {})
        self._lock = threading.Lock()
        self.met = 0  # requests it was applied to
        self._matching = 0

    @property
    def ignores_if_match(self) -> bool:
        return self._action.ignores_if_match

    def applies(self, request: Request) -> bool:
        if not self._matches(request):
            return False
        with self._lock:
            self._matching += 1
            applies = self._calls.has(self._matching)
            self.met += applies
            return applies

    def _matches(self, request: Request) -> bool:
        match = self._match
        if match.get("operation", request.operation) != request.operation:
            return False
        if not fnmatch.fnmatchcase(request.key, match.get("key", "*")):
            return False
        if "range_from" in match:
            return request.range is not None and request.range[0] >= match["range_from"]
        if "continued" in match:
            return ("continuation-token" in request.query) == match["continued"]
        return True

    def before(self, bucket: Bucket | None, request: Request) -> None:
        self._action.touch("before", bucket, request)

    def change(self, bucket: Bucket | None, request: Request, reply: Reply) -> Reply:
        return self._action.change(bucket, request, reply)

    def after(self, bucket: Bucket | None, request: Request) -> None:
        self._action.touch("after", bucket, request)


@dataclass(frozen=True)
class Case:
    """One entry of a file in faults/."""

    id: str
    faults: list[dict] = field(repr=False)
    lake: str = "small"
    spec: dict = field(default_factory=dict)
    expect: dict = field(default_factory=dict, repr=False)
    known_gap: str = ""  # why it is expected to fail

    def new_faults(self, **names: str) -> list[Fault]:
        return [Fault(given, self.id, names) for given in self.faults]


def load_cases(folder: Path = FOLDER) -> list[Case]:
    cases = []
    for path in sorted(folder.glob("*.json")):
        for name, given in json.loads(path.read_text()).items():
            where = f"{path.stem}: {name}"
            refuse_unknown(given, {"faults", "lake", "spec", "expect", "known_gap"}, where)
            cases.append(Case(where, **given))
            cases[-1].new_faults()
    return cases
