#!/usr/bin/env python3
"""Makes of a release build what is shipped: a folder, a tarball, a .deb and a single file.

    packaging/package.py --build build/release --to build/package [--only tree]
    packaging/package.py --build build/release-arm64     of a cross build, with what it was built with

The folder has bin/cq-source-s3, a static launcher, and lib/cq-source-s3 with the program and every library
it loads, the C library and its loader among them. So it runs on any Linux kernel of its architecture,
whatever else is installed, and wherever it is put. share/ has the manual page, completions and licences.
"""

import argparse
import gzip
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import elf
import parts
import sbom
import single_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
STRIP = {"amd64": "x86_64-linux-gnu-strip", "arm64": "aarch64-linux-gnu-strip"}
EMULATOR = {"amd64": "qemu-x86_64-static", "arm64": "qemu-aarch64-static"}
# What the program prints, and where people's man and shells look for it.
PRINTED = {
    "man/man1/cq-source-s3.1.gz": ("man",),
    "bash-completion/completions/cq-source-s3": ("completion", "bash"),
    "zsh/site-functions/_cq-source-s3": ("completion", "zsh"),
    "fish/vendor_completions.d/cq-source-s3.fish": ("completion", "fish"),
}
CONTROL = """\
Package: cq-source-s3
Version: {version}
Architecture: {architecture}
Maintainer: The cq-source-s3 authors
Section: database
Priority: optional
Installed-Size: {kilobytes}
Depends: ca-certificates
Description: CloudQuery source plugin for Parquet files in S3
 Reads Parquet objects from S3 and streams them into any CloudQuery
 destination. Carries every library it needs.
"""


def run(*command: str | pathlib.Path) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def commit_time() -> int:
    """So that the same commit makes the same bytes."""
    if value := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(value)
    try:
        return int(run("git", "-C", ROOT, "log", "-1", "--format=%ct"))
    except (OSError, subprocess.CalledProcessError):
        return 0


def version_of(build: pathlib.Path) -> str:
    lines = (build / "version.txt").read_text().splitlines()
    return lines[0]


def debian_version(version: str) -> str:
    plain = version.removeprefix("v").replace("-dev", "~dev")
    return plain if plain[0].isdigit() else f"0~{plain}"


def copy_program(source: pathlib.Path, to: pathlib.Path, strip: str) -> None:
    shutil.copyfile(source, to)
    to.chmod(0o755)
    run(strip, "--strip-unneeded", to)


def print_pages(args: argparse.Namespace, tree: pathlib.Path) -> None:
    """Not through the launcher: an emulator runs one program, not what that starts."""
    libraries = tree / "lib/cq-source-s3"
    program = [libraries / "loader", "--library-path", libraries, libraries / "cq-source-s3"]
    if args.foreign:
        program.insert(0, EMULATOR[args.architecture])
    for name, command in PRINTED.items():
        page = run(*program, *command).encode()
        to = tree / "share" / name
        to.parent.mkdir(parents=True)
        to.write_bytes(gzip.compress(page, mtime=0) if to.suffix == ".gz" else page)


def make_tree(args: argparse.Namespace, tree: pathlib.Path, version: str, time: int) -> None:
    built = args.build / "src/cli/cq-source-s3"
    strip = STRIP[args.architecture]
    shutil.rmtree(tree, ignore_errors=True)
    library_folder = tree / "lib/cq-source-s3"
    documents = tree / "share/doc/cq-source-s3"
    for folder in (tree / "bin", library_folder, documents / "third-party"):
        folder.mkdir(parents=True)

    run("cmake", "--install", args.build, "--component", "plugin", "--prefix", tree)
    run(strip, library_folder / "cq-source-s3")
    needed = elf.closure(built, args.root)
    for name, path in needed.libraries.items():
        copy_program(path, library_folder / name, strip)
    # Not stripped: debuggers and the loader itself read it.
    shutil.copyfile(needed.loader, library_folder / "loader")
    (library_folder / "loader").chmod(0o755)

    print_pages(args, tree)
    for name in ("LICENSE", "NOTICE", "README.md", "CHANGELOG.md"):
        shutil.copyfile(ROOT / name, documents / name)
    found = parts.find([*needed.libraries.values(), needed.loader], args.root, args.deps, args.architecture)
    listed = ["Third-party software in this package, each with its licence in third-party/.", ""]
    for part in found:
        listed.append(f"{part.name} {part.version} ({part.origin})")
        for licence in part.licences:
            name = (
                part.name if len(part.licences) == 1 else f"{part.name}-{licence.name.removesuffix('.txt')}"
            )
            shutil.copyfile(licence, documents / "third-party" / f"{name}.txt")
    (documents / "THIRD-PARTY").write_text("\n".join(listed) + "\n")
    (documents / "sbom.spdx.json").write_text(sbom.document(version, args.architecture, found, time))
    for path in tree.rglob("*"):
        if path.is_dir() or not os.access(path, os.X_OK):
            path.chmod(0o755 if path.is_dir() else 0o644)


def make_tarball(tree: pathlib.Path, to: pathlib.Path, time: int) -> None:
    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = 0
        info.uname = info.gname = "root"
        info.mtime = time
        return info

    with open(to, "wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path in [tree, *sorted(tree.rglob("*"))]:
                archive.add(path, str(path.relative_to(tree.parent)), recursive=False, filter=plain)


def make_deb(tree: pathlib.Path, to: pathlib.Path, version: str, architecture: str, time: int) -> None:
    stage = to.with_suffix(".stage")
    shutil.rmtree(stage, ignore_errors=True)
    (stage / "DEBIAN").mkdir(parents=True)
    shutil.copytree(tree, stage / "usr")
    (stage / "usr/share/zsh/site-functions").rename(stage / "usr/share/zsh/vendor-completions")
    documents = stage / "usr/share/doc/cq-source-s3"
    (documents / "copyright").write_text(
        (documents / "NOTICE").read_text() + (documents / "LICENSE").read_text()
    )
    kilobytes = sum(path.stat().st_size for path in stage.rglob("*") if path.is_file()) // 1024
    control = CONTROL.format(
        version=debian_version(version),
        architecture=architecture,
        kilobytes=kilobytes,
    )
    (stage / "DEBIAN/control").write_text(control)
    os.environ["SOURCE_DATE_EPOCH"] = str(time)
    run("dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z3", stage, to)
    shutil.rmtree(stage)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help="a release build")
    parser.add_argument("--to", type=pathlib.Path, default=ROOT / "build/package")
    parser.add_argument(
        "--deps", type=pathlib.Path, default=parts.default_deps(), help="of scripts/bootstrap"
    )
    parser.add_argument("--only", choices=["tree"], help="nothing but the folder, as TO/tree")
    args = parser.parse_args()
    args.architecture = elf.architecture(args.build / "src/cli/cq-source-s3")
    args.foreign = args.architecture != elf.architecture(pathlib.Path(sys.executable).resolve())
    args.deps = args.deps / args.architecture if args.foreign else args.deps
    args.root = args.deps / "root" if args.foreign else pathlib.Path("/")  # of the distribution's packages
    time = commit_time()
    version = version_of(args.build)

    args.to.mkdir(parents=True, exist_ok=True)
    tree = args.to / "tree"
    make_tree(args, tree, version, time)
    run(ROOT / "scripts/check_hardening", tree)
    if args.only:
        return
    name = f"cq-source-s3-{version}-linux-{args.architecture}"
    named = args.to / name
    shutil.rmtree(named, ignore_errors=True)
    tree.rename(named)
    made = [
        args.to / f"{name}.tar.gz",
        args.to / f"{name}.deb",
        args.to / name.replace("s3-", "s3-onefile-", 1),
    ]
    make_tarball(named, made[0], time)
    make_deb(named, made[1], version, args.architecture, time)
    single_file.write(named, made[2])
    shutil.copyfile(named / "share/doc/cq-source-s3/sbom.spdx.json", args.to / f"{name}.spdx.json")
    made.append(args.to / f"{name}.spdx.json")
    for path in made:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{digest}  {path.name}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
