"""Completion scripts and the manual page, in the shells and in man(1) themselves."""

import shutil
import subprocess

import pytest


def output(plugin, *arguments) -> str:
    return subprocess.run([plugin, *arguments], capture_output=True, text=True, check=True).stdout


def completed(plugin, tmp_path, *words: str) -> list[str]:
    """What bash offers for the last of the words."""
    script = tmp_path / "completion"
    script.write_text(output(plugin, "completion", "bash"))
    asked = " ".join(f"'{word}'" for word in ("cq-source-s3", *words))
    code = f'source "{script}"; COMP_WORDS=({asked}); COMP_CWORD={len(words)}; _cq_source_s3'
    code += '; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_values_and_files(plugin, tmp_path):
    assert {"serve", "tables", "check", "sync"} <= set(completed(plugin, tmp_path, ""))
    assert completed(plugin, tmp_path, "tab") == ["tables"]
    assert completed(plugin, tmp_path, "tables", "--fo") == ["--format"]
    assert completed(plugin, tmp_path, "tables", "--format", "") == ["text", "json"]
    assert completed(plugin, tmp_path, "tables", "--format", "=") == ["text", "json"]
    assert completed(plugin, tmp_path, "tables", "--format", "=", "j") == ["json"]
    assert completed(plugin, tmp_path, "completion", "z") == ["zsh"]
    (tmp_path / "lake.yml").touch()
    (tmp_path / "land").mkdir()
    assert completed(plugin, tmp_path, "check", "la") == ["lake.yml", "land"]
    assert completed(plugin, tmp_path, "sync", "lake.yml", "--to", "la") == ["land"]


def test_bash_knows_every_option_of_the_help(plugin, tmp_path):
    for command in ("serve", "tables", "check", "sync", "schema", "completion", "man"):
        shown = output(plugin, command, "--help")
        options = {word.split("=")[0] for word in shown.replace(",", " ").split() if word.startswith("--")}
        options = {word for word in options if word.strip("-").replace("-", "").isalpha()}
        known = completed(plugin, tmp_path, command, "--")
        assert options <= set(known), command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_well_formed(plugin, tmp_path, shell):
    script = tmp_path / shell
    script.write_text(output(plugin, "completion", shell))
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    subprocess.run([shell, "-n", script], check=True)


def test_the_manual_page_has_no_flaw_and_every_command(plugin):
    page = output(plugin, "man")
    if shutil.which("groff") is None:
        pytest.skip("there is no groff here")
    shown = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-P-cbou"], input=page, capture_output=True, text=True, check=True
    )
    assert shown.stderr == ""
    for part in ("NAME", "SYNOPSIS", "serve [OPTIONS]", "sync [OPTIONS] CONFIG", "--to DIR"):
        assert part in shown.stdout.replace("‐", "-").replace("−", "-"), part
