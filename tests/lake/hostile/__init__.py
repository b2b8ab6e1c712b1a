"""Objects that look like Parquet and are made to break whoever reads them.

Each is small, however much it comes to. Made when asked for, of bytes that no file of this repository holds.
"""

from . import bombs, lies, not_parquet, pages, shapes, values
from .case import Case, Rows, Skipped

CASES: dict[str, Case] = {}
for _part in (not_parquet, lies, pages, shapes, values, bombs):
    assert CASES.keys().isdisjoint(_part.CASES)
    CASES |= _part.CASES

__all__ = ["CASES", "Case", "Rows", "Skipped"]
