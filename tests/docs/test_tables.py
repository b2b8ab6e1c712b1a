"""Tables of the pages that show what becomes of keys, types and errors."""

import json
import os
import re
import subprocess

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


def test_the_readmes_fields_are_those_of_the_schema(plugin):
    answer = subprocess.run([plugin, "schema"], capture_output=True, text=True, check=True).stdout
    properties = json.loads(answer)["$defs"]["Spec"]["properties"]
    rows = rows_below("../README.md", "| field | default | |")
    assert len(rows) > 5
    for names, default, _ in rows:
        for name in re.findall(r"`([^`]+)`", names):
            assert name in properties, name
            told = default.strip("`")
            if told == "required":
                assert "default" not in properties[name], name
            elif told.isdigit() or default != told:
                assert str(properties[name]["default"]) == told, name


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


def literals_of(text: str) -> list[str]:
    """The string literals of C++; those side by side are one."""
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
    known = "\0".join(text for path in SOURCES for text in literals_of(path.read_text()))
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


# Calls that make or report an error. What a user never sees is left out by its text below.
ERROR = re.compile(
    r"(?:Status::(?!OK)[A-Z]\w+|MakeFault|WithMessage|[lL]ogger_?(?:\.|->)(?:Warn|Error)|Malformed|TooLarge)\("
)
NEVER_SEEN = {
    "one page is enough",  # ends a listing early
    "the first page",
    "a batch breaks the reader's promises",  # helpers of tests
    "num_rows() says",
    "rows_sent",  # a field; its message is in a function
    "was cancelled",
    "TestConnection feature is not implemented in this plugin",  # of other plugins
}


def arguments(text: str, begin: int) -> str:
    """What stands inside of the brackets that were opened before `begin`."""
    depth = 1
    at = begin
    while depth and at < len(text):
        if found := TOKEN.match(text, at):
            at = found.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return text[begin : at - 1]


def test_every_error_of_the_source_is_listed():
    listed = [
        part.strip()
        for text, *_ in error_rows()
        for shown in re.findall(r"`([^`]+)`", text)
        for part in shown.replace("\\|", "|").split("…")
        if len(part.strip()) >= 10  # "rows", for example, would be found anywhere
    ]
    missing = []
    for path in SOURCES:
        text = path.read_text()
        for call in ERROR.finditer(text):
            said = [
                part.strip()
                for literal in literals_of(arguments(text, call.end()))
                for part in re.split(r"\{[^}]*\}|\\n", literal)
                if len(part.strip()) >= 10
            ]
            if not said or NEVER_SEEN & set(said):
                continue
            pairs = [(part, one) for part in said for one in listed]
            if not any(part in one or one in part for part, one in pairs):
                missing.append(f"{path.relative_to(ROOT)}:{text[: call.start()].count(chr(10)) + 1}: {said}")
    assert not missing, "docs/errors.md has no row for:\n" + "\n".join(missing)


def test_codes_of_a_connection_test_are_those_of_the_source():
    fault = (ROOT / "src/store/fault.cc").read_text()
    names = dict(re.findall(r'case FaultReason::(\w+):\n\s+return "([^"]+)";', fault))
    switch = (ROOT / "src/plugin/test_connection.cc").read_text()
    cases = re.findall(r'((?:\s+case FaultReason::\w+:)+)\s+return "(\w+)";', switch)
    codes = {code: {names[k] for k in re.findall(r"::(\w+):", reasons)} for reasons, code in cases}
    listed = {code.strip("`"): set(re.findall(r"`([^`]+)`", reasons)) for code, reasons in _codes()}
    assert len(codes) == 3
    assert {code: listed[code] for code in codes} == codes


def _codes() -> list[list[str]]:
    return rows_below("errors.md", "| code | reasons |")
