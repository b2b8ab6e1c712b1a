#!/usr/bin/env python3
"""Checks that includes only point one way: see ARCHITECTURE.md.

A stage of src/ includes only stages left of it, a folder of sdk/cloudquery only folders before it, and
sdk/ never includes src/. Pure stages include no socket, file, clock or thread header and ask
neither clock nor environment.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
STAGES = ["spec", "store", "catalog", "cursor", "read", "sync", "plugin", "cli"]
SDK = ["log", "schema", "wire", "state", "metrics", "serve", "testing"]
# testing/ has helpers that every test may use.
PURE = {"spec", "catalog", "cursor"}
# What lets a stage see the world: sockets, files, threads, clocks, the environment.
IMPURE_HEADER = re.compile(
    r"<(fstream|filesystem|thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier"
    r"|ctime|time\.h|random|sys/.*|netinet/.*|arpa/.*|netdb\.h|unistd\.h|fcntl\.h|pthread\.h)>"
)
IMPURE_USE = re.compile(
    r"\b(?:(?:secure_)?getenv|setenv|environ|[A-Za-z_]*_clock::now|clock_gettime|gettimeofday|localtime(?:_r)?"
    r"|random_device|this_thread|jthread)\b"
    r"|\bstd::(?:time|clock)\s*\(|(?<![\w:.>])time\((?:nullptr|NULL|0|&)"
)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
INCLUDE = re.compile(r'^#include ["<]([^">]+)[">]', re.MULTILINE)


def problems_of(path: pathlib.Path):
    relative = path.relative_to(ROOT)
    is_test = path.stem.endswith("_test") or "testing" in relative.parts
    text = path.read_text(encoding="utf-8")
    for include in INCLUDE.findall(text):
        parts = include.split("/")
        if relative.parts[0] == "sdk":
            if parts[0] in STAGES and len(parts) > 1:
                yield f"{relative}: the SDK includes {include} of the plugin"
            if parts[0] == "cloudquery" and parts[1] in SDK and not is_test:
                if SDK.index(parts[1]) > SDK.index(relative.parts[2]):
                    yield f"{relative}: {relative.parts[2]}/ may not include {include}"
        elif relative.parts[0] == "src" and len(relative.parts) > 2:
            stage = relative.parts[1]
            if parts[0] in STAGES and len(parts) > 1 and STAGES.index(parts[0]) > STAGES.index(stage):
                yield f"{relative}: {stage}/ may not include {include}"
            if "testing" in parts and not is_test:
                yield f"{relative}: only tests include {include}"
    if relative.parts[0] == "src" and relative.parts[1] in PURE and not is_test:
        for match in IMPURE_HEADER.finditer(text):
            yield f"{relative}: a pure stage includes {match.group(0)}"
        for match in IMPURE_USE.finditer(COMMENT.sub("", text)):
            yield f"{relative}: a pure stage uses {match.group(0)}"


def main() -> int:
    files = [
        p for top in ("sdk", "src") for p in sorted((ROOT / top).rglob("*")) if p.suffix in (".h", ".cc")
    ]
    problems = [problem for path in files for problem in problems_of(path)]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
