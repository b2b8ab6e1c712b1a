"""Third-party parts that are in the package: what they are called, their version, their licence."""

import dataclasses
import os
import pathlib
import subprocess

# In the program itself: header-only, or linked statically.
COMPILED_IN = ["nlohmann-json3-dev", "libcli11-dev", "libxxhash-dev", "libc6-dev"]


@dataclasses.dataclass(frozen=True)
class Part:
    name: str
    version: str
    origin: str  # a package URL: https://github.com/package-url/purl-spec
    licences: tuple[pathlib.Path, ...]


def _query(root: pathlib.Path, *arguments: str) -> str:
    admin = root / "var/lib/dpkg"
    command = ["dpkg-query", f"--admindir={admin}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _owner(root: pathlib.Path, file: pathlib.Path) -> str:
    """The distribution's package that `file` is of. Where /lib is a link to /usr/lib, the package may know
    the file under either name."""
    inside = "/" + str(file.resolve().relative_to(root.resolve()))
    for name in (inside, inside.removeprefix("/usr")):
        try:
            return _query(root, "--search", name).split(": ")[0].split(",")[0]
        except subprocess.CalledProcessError:
            continue
    raise LookupError(f"no package has {file}")


def _distribution(root: pathlib.Path) -> str:
    lines = (root / "etc/os-release").read_text().splitlines()
    return next(line.removeprefix("ID=").strip('"') for line in lines if line.startswith("ID="))


def _debian(root: pathlib.Path, package: str, architecture: str) -> Part:
    form = "${binary:Package}\t${Version}\t${Architecture}\n"
    package, version, _ = _query(root, "--show", f"--showformat={form}", package).splitlines()[0].split("\t")
    name = package.split(":")[0]
    copyright = root / "usr/share/doc" / name / "copyright"
    origin = f"pkg:deb/{_distribution(root)}/{name}@{version.replace('+', '%2B')}?arch={architecture}"
    return Part(name, version, origin, (copyright,))


def find(
    libraries: list[pathlib.Path], root: pathlib.Path, deps: pathlib.Path, architecture: str
) -> list[Part]:
    """The parts that `libraries` come from, and those that are compiled in."""
    versions = pathlib.Path(__file__).parent.parent / "versions.env"
    pinned = dict(line.split("=", 1) for line in versions.read_text().splitlines() if "=" in line)
    parts: dict[str, Part] = {}
    names = list(COMPILED_IN)
    for library in libraries:
        if library.parent.name == "pyarrow":
            version = pinned["PYARROW_VERSION"]
            licences = library.parent.parent / f"pyarrow-{version}.dist-info/licenses"
            found = tuple(sorted(licences.iterdir()))
            parts["arrow"] = Part("arrow", version, f"pkg:pypi/pyarrow@{version}", found)
        else:
            names.append(_owner(root, library))
    for name in sorted(set(names)):
        part = _debian(root, name, architecture)
        parts[part.name] = part
    version = pinned["AWSCRT_VERSION"]
    licences = tuple(sorted((deps / f"licences/awscrt-{version}").iterdir()))
    parts["aws-crt"] = Part("aws-crt", version, f"pkg:pypi/awscrt@{version}", licences)
    missing = [str(file) for part in parts.values() for file in part.licences if not file.is_file()]
    if missing:
        raise FileNotFoundError(f"licences are missing: {missing}; run scripts/bootstrap package")
    return [parts[name] for name in sorted(parts)]


def default_deps() -> pathlib.Path:
    return pathlib.Path(os.environ.get("CQS3_DEPS") or pathlib.Path.home() / ".cache/cq-source-s3")
