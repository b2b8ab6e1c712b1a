"""The fenced blocks of the Markdown pages, with the comments that say how to test them.

A comment of these stands on a line of its own before a block:

    <!-- not run: REASON -->     shown, and its syntax is checked, but it needs what is not here
    <!-- from: PATH -->          the block is a part of this file of the repository
    <!-- result: TEXT -->        a configuration whose sync must fail, with TEXT in the error
    <!-- bucket: NAME LAKE -->   fills a bucket before the blocks below run (lakes.py)
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^( *)(`{3,})(\w*)\s*$")
_COMMENT = re.compile(r"^ *<!-- (not run|from|result|bucket): (.*?) *-->\s*$")


@dataclass
class Block:
    page: Path
    line: int
    language: str
    text: str
    not_run: str = ""
    source: str = ""
    result: str = ""
    buckets: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file_name(self) -> str:
        """`# name.yml` in the first line makes the block a file of that name."""
        found = re.match(r"# ([\w./-]+)\n", self.text)
        return found[1] if found else ""


def pages() -> list[Path]:
    """Every page that users read."""
    readmes = [ROOT / folder / "README.md" for folder in ("", "sdk", "deploy/kubernetes")]
    return [*readmes, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    found: list[Block] = []
    comments: dict[str, str] = {}
    buckets: list[tuple[str, str]] = []
    lines = iter(enumerate(page.read_text().splitlines(), start=1))
    for number, line in lines:
        if comment := _COMMENT.match(line):
            if comment[1] == "bucket":
                name, lake = comment[2].split()
                buckets.append((name, lake))
            else:
                comments[comment[1]] = comment[2]
            continue
        if fence := _FENCE.match(line):
            text = _until(fence, lines)
            found.append(
                Block(
                    page,
                    number,
                    fence[3],
                    text,
                    comments.get("not run", ""),
                    comments.get("from", ""),
                    comments.get("result", ""),
                    buckets,
                )
            )
            comments, buckets = {}, []
        elif line.strip():
            assert not comments, f"{page}:{number}: {comments} is not before a block"
    assert not comments, f"{page}: {comments} is not before a block"
    return found


def _until(fence: re.Match, lines) -> str:
    indent, ticks = fence[1], fence[2]
    body = []
    for _, line in lines:
        if line.strip() == ticks:
            return "".join(line + "\n" for line in body)
        body.append(line.removeprefix(indent))
    raise AssertionError(f"a block that is not closed: {fence.string}")


def all_blocks() -> list[Block]:
    return [block for page in pages() for block in blocks_of(page)]
