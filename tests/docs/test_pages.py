"""What the pages tell users to write and to type does what they say."""

import configparser
import json
import re
import shutil
import subprocess

import pytest
from blocks import ROOT, Block, all_blocks, blocks_of, pages
from lake.s3_server import S3Server
from sandbox import Sandbox, matches

RUN = {"sh", "console", "yaml", "json", "ini"}
# Scripts that take any word.
ANY_ARGUMENT = {"check_hardening", "soak", "with_arm64"}
PAGES = [page for page in pages() if any(block.language in RUN for block in blocks_of(page))]


@pytest.fixture
def sandbox(programs, plugin, database_server, tmp_path):
    server = S3Server(tmp_path / "store")
    sandbox = Sandbox(programs, plugin, server, database_server.new_database(), tmp_path)
    yield sandbox
    sandbox.close()
    server.stop()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_run(page, sandbox):
    problems = []
    for block in blocks_of(page):
        if block.language in RUN and not block.not_run and not block.source:
            if problem := sandbox.run(block):
                problems.append(f"{block}\n{problem}")
    assert not problems, "\n\n".join(problems)


def test_blocks_that_are_not_run_are_well_formed(programs):
    for block in all_blocks():
        if not block.not_run:
            continue
        print(f"{block}: not run: {block.not_run}")
        if block.language == "json":
            json.loads(block.text)
        elif block.language == "ini":
            configparser.ConfigParser().read_string(block.text)
        elif block.language == "yaml":
            subprocess.run([programs / "yamljson"], input=block.text, text=True, check=True)
        else:
            assert block.language in ("sh", "console"), f"{block}: what is not run there?"
            script = block.text
            if block.language == "console":
                script = "\n".join(line[2:] for line in script.splitlines() if line.startswith("$ "))
            subprocess.run(["bash", "-n", "-c", script], check=True)


@pytest.mark.parametrize("block", [b for b in all_blocks() if b.source], ids=str)
def test_quoted_source_is_in_the_tree(block: Block):
    assert block.text in (ROOT / block.source).read_text()


def test_every_block_is_tested_or_says_what_it_is():
    """Code of other languages must be quoted from a file; `text` is output."""
    for block in all_blocks():
        assert block.language in RUN or block.language == "text" or block.source, str(block)


def test_commands_of_the_repository_exist():
    """Whatever stands in a page of users or developers, run or not."""
    targets = set(re.findall(r"(?m)^([a-z][\w-]*):", (ROOT / "Makefile").read_text()))
    developers = [ROOT / name for name in ("CONTRIBUTING.md", "tests/README.md", "SECURITY.md")]
    named = 0
    for page in [*pages(), *developers]:
        found = re.findall(r"`([^`\n]+)`|^ *((?:make|scripts/).*)$", page.read_text(), re.MULTILINE)
        for line in (inline or alone for inline, alone in found):
            command = line.partition("#")[0].split()
            if command[:1] == ["make"]:
                words = [word for word in command[1:] if re.fullmatch(r"[a-z][\w-]*", word)]
                assert set(words) <= targets, f"{page}: {line}"
                named += 1
            elif command and command[0].startswith("scripts/"):
                assert (ROOT / command[0]).exists(), f"{page}: {line}"
                named += 1
    assert named > 20


def test_scripts_tell_how_they_are_called(tmp_path):
    """Those in bash, asked for it or called wrongly; run where they could do nothing else."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copy(ROOT / "versions.env", tmp_path)
    asked = 0
    for script in sorted((tmp_path / "scripts").iterdir()):
        text = script.read_text()
        if not text.startswith("#!/usr/bin/env bash") or script.name in ("usage", "bench"):
            continue  # the one is only sourced, the other has options: see below
        head = re.match(r"#!.*\n((?:#.*\n)+)", text)[1]
        expected = re.sub(r"(?m)^# ?", "", head)
        calls = [("--help", 0)] if script.name in ANY_ARGUMENT else [("--help", 0), ("unexpected", 2)]
        for argument, status in calls:
            command = [f"scripts/{script.name}", argument]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
            assert (done.returncode, done.stdout + done.stderr) == (status, expected), command
            asked += 1
    assert asked > 15


def test_options_of_a_benchmark_are_those_of_its_help():
    text = (ROOT / "docs" / "benchmarks.md").read_text()
    help_text = subprocess.run([ROOT / "scripts/bench", "--help"], capture_output=True, text=True).stdout
    shown = {
        option
        for line in text.splitlines()
        if line.startswith("scripts/bench")
        for option in re.findall(r"--[a-z-]+", line)
    }
    assert len(shown) > 5
    assert shown <= set(re.findall(r"--[a-z-]+", help_text))


def test_links_lead_somewhere():
    for page in pages():
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            path, _, anchor = target.partition("#")
            to = (page.parent / path).resolve() if path else page
            assert to.exists(), f"{page}: {target}"
            if anchor and to.suffix == ".md":
                assert anchor in anchors(to.read_text()), f"{page}: {target}"


def anchors(text: str) -> set[str]:
    titles = re.findall(r"(?m)^#+ (.*)$", text)
    kept = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
    return set(kept)


def test_outputs_are_compared():
    assert matches("a … c\n…\nend\n", "a b c\nx\ny\nend\n")
    assert not matches("a … c\nend\n", "a b c\nx\nend\n")
    assert not matches("a\n", "b\n")
