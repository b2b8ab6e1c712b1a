"""Tables of the pages that show what becomes of keys, types and errors."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from blocks import ROOT
from lake import all_types
from lake.files import parquet
from world import World

DOCS = ROOT / "docs"


def rows_below(page: str, header: str) -> list[list[str]]:
    """The cells of the table with this header line."""
    lines = iter((DOCS / page).read_text().splitlines())
    assert header in lines, f"{page} has no table {header}"
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


def test_configuration_is_generated_from_the_schema(plugin):
    script = ROOT / "scripts" / "configuration_reference"
    done = subprocess.run([script, "--check", plugin], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_names_of_tables_are_those_of_the_vectors():
    vectors = json.loads((ROOT / "tests" / "golden" / "naming_vectors.json").read_text())
    known = {vector["Key"]: vector["Table"] for vector in vectors}
    rows = rows_below("tables.md", "| key | table |")
    assert len(rows) > 10
    for keys, table in rows:
        for key in re.findall(r"`([^`]+)`", keys):
            assert known[key] == (re.findall(r"^`(.*)`$", table) or [""])[0], key


@pytest.fixture
def synced_types(programs, plugin, s3_server, database_server, tmp_path):
    world = World(programs, plugin, s3_server, database_server.new_database(), tmp_path)
    world.bucket.put("types/all.parquet", parquet(all_types.table()))
    world.sync()
    yield world
    world.close()


def cell(text) -> str:
    return "`" + str(text).replace("|", "\\|").replace("\n", "\\n").replace("\t", "\\t") + "`"


def test_types_in_postgresql_are_what_the_page_says(synced_types):
    database = synced_types.database
    stored_as = database.rows(
        "select attname, format_type(atttypid, atttypmod) as type from pg_attribute"
        " where attrelid = 'types'::regclass and attnum > 0"
    )
    types = {row["attname"]: row["type"] for row in stored_as}
    shown = ["| in the file | sent | PostgreSQL | a value there |", "| --- | --- | --- | --- |"]
    for case in all_types.cases():
        values = database.column(f'select "{case.name}"::text from types order by row')
        value = next((cell(v) for v in values if v), "")
        sent = "uuid" if types[case.name] == "uuid" else case.sent.type  # on fixed_size_binary[16]
        kinds = [cell(case.stored.type), cell(sent), cell(types[case.name])]
        shown.append("| " + " | ".join([*kinds, value]) + " |")
    page = DOCS / "types.md"
    begin, end = "<!-- postgresql: begin -->\n", "<!-- postgresql: end -->"
    head, rest = page.read_text().split(begin)
    before, tail = rest.split(end)
    table = "\n".join(shown) + "\n"
    if os.environ.get("CQS3_UPDATE_DOCS"):
        page.write_text(head + begin + table + end + tail)
    else:
        assert before == table, "run this test with CQS3_UPDATE_DOCS=1 and look at the changes"


SOURCES = [
    path
    for top in ("src", "sdk/cloudquery")
    for path in sorted((ROOT / top).rglob("*"))
    if path.suffix in (".cc", ".h") and "_test" not in path.name and "testing" not in path.parts
]
TOKEN = re.compile(r'"((?:[^"\\\n]|\\.)*)"|//[^\n]*')


def literals(path: Path) -> list[str]:
    """The string literals of a file; those side by side are one."""
    text = path.read_text()
    found: list[str] = []
    end = -1
    for match in TOKEN.finditer(text):
        if match[1] is not None:
            value = re.sub(r"\\(.)", r"\1", match[1])
            if found and not text[end : match.start()].strip():
                found[-1] += value
            else:
                found.append(value)
        end = match.end()
    return found


def error_rows() -> list[list[str]]:
    text = (DOCS / "errors.md").read_text()
    header = "| text | cause | remedy |"
    assert header in text
    rows = []
    for part in text.split(header)[1:]:
        for line in part.splitlines()[2:]:
            if not line.startswith("|"):
                break
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


def test_each_listed_error_is_in_the_source():
    """Its parts between `…`, that is; what stands for values is not compared."""
    known = "\0".join(text for path in SOURCES for text in literals(path))
    rows = error_rows()
    assert len(rows) > 50
    for text, cause, remedy in rows:
        assert cause and remedy, text
        for shown in re.findall(r"`([^`]+)`", text):
            for part in shown.split("…"):
                part = part.replace("\\|", "|")
                assert len(part.strip()) < 3 or part.strip() in known, f"{shown}: {part!r} is in no source"


def test_every_reason_of_a_fault_is_listed():
    fault = (ROOT / "src/store/fault.cc").read_text()
    names = re.findall(r'case FaultReason::\w+:\n\s+return "([^"]+)";', fault)
    declared = re.findall(r"^  k(\w+),", (ROOT / "src/store/fault.h").read_text(), re.MULTILINE)
    reaches = {"kSkipObject", "kFailSync", "kCancelled"}
    assert len(names) == len({f"k{name}" for name in declared} - (reaches - {"kCancelled"}))
    listed = [row[0].strip("`") for row in rows_below("errors.md", "| reason | what it means | reaches |")]
    assert sorted(listed) == sorted(names)
