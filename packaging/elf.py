"""What readelf says about a program or library, and which libraries it needs."""

import dataclasses
import functools
import os
import pathlib
import re
import subprocess

ARCHITECTURES = {"Advanced Micro Devices X86-64": "amd64", "AArch64": "arm64"}
MULTIARCH = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


@functools.cache
def readelf(path: pathlib.Path, *options: str) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(
        ["readelf", "-W", *options, str(path)], check=True, capture_output=True, text=True, env=environment
    ).stdout


def architecture(path: pathlib.Path) -> str:
    machine = re.search(r"Machine:\s+(.*)", readelf(path, "-h")).group(1).strip()
    return ARCHITECTURES[machine]


def dynamic(path: pathlib.Path, tag: str) -> list[str]:
    return re.findall(rf"\({tag}\).*\[(.*)\]", readelf(path, "-d"))


def run_path(path: pathlib.Path) -> list[str]:
    entries = dynamic(path, "RUNPATH") + dynamic(path, "RPATH")
    return [folder for entry in entries for folder in entry.split(":") if folder]


def interpreter(path: pathlib.Path) -> str:
    return re.search(r"program interpreter: (.*)\]", readelf(path, "-l")).group(1)


@dataclasses.dataclass
class Closure:
    """Everything that `program` loads at start."""

    loader: pathlib.Path
    libraries: dict[str, pathlib.Path]  # by the name they are asked for


def closure(program: pathlib.Path, root: pathlib.Path) -> Closure:
    """Looks where the loader would look: in the run path of who asks, then in the system's folders below
    `root`, which is / unless the program is for another machine."""
    system = [root / top / MULTIARCH[architecture(program)] for top in ("lib", "usr/lib")]
    loader_name = interpreter(program)
    loader = root / loader_name.lstrip("/")
    found: dict[str, pathlib.Path] = {}
    waiting = [program]
    while waiting:
        asking = waiting.pop()
        own = [pathlib.Path(p.replace("$ORIGIN", str(asking.parent))) for p in run_path(asking)]
        for name in dynamic(asking, "NEEDED"):
            if name in found or name == loader.name:
                continue
            places = [folder / name for folder in own + system]
            place = next((place for place in places if place.exists()), None)
            if place is None:
                raise FileNotFoundError(f"{asking} needs {name}, which is not in {own + system}")
            found[name] = place
            waiting.append(place)
    return Closure(loader, dict(sorted(found.items())))
