"""What a hostile object is, and what has to become of it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """Left out with an error that names the object and says this; rows before the flaw may have been sent."""

    because: str


@dataclass(frozen=True)
class Rows:
    """Delivered: so many rows, in these columns where they are given, with these values where they are."""

    count: int
    columns: list[str] | None = None
    values: list[dict] | None = None


@dataclass(frozen=True)
class Case:
    make: Callable[[], bytes]
    outcome: Skipped | Rows
