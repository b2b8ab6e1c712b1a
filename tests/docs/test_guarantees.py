"""The page of promises names tests that there are."""

import re

from blocks import ROOT

PAGE = ROOT / "docs" / "guarantees.md"


def all_tests() -> set[str]:
    found = set()
    for folder in ("sdk", "src"):
        for path in (ROOT / folder).rglob("*_test.cc"):
            for suite, name in re.findall(
                r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", path.read_text(), re.MULTILINE
            ):
                found.add(f"{suite}.{name}")
    for path in (ROOT / "tests").rglob("*.py"):
        found.update(re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE))
    return found


def test_every_test_that_the_page_names_exists():
    tables = PAGE.read_text().split("| promise | proven by | limit |")[1:]
    assert len(tables) >= 5
    named = set()
    for table in tables:
        for row in table.split("\n\n")[0].splitlines()[2:]:
            tests = re.findall(r"`([^`]+)`", row.split("|")[2])
            assert tests, f"a promise without a test: {row}"
            named.update(tests)
    missing = named - all_tests()
    assert not missing, f"docs/guarantees.md names tests that are not there: {sorted(missing)}"
