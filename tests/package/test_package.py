"""The packages run where nothing of ours is installed: in an empty root, and in other distributions."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from lake.s3_server import tools_folder
from packages import ARCHITECTURE

ROOT = Path(__file__).resolve().parents[2]
# Names of Debian's or Ubuntu's releases. mmdebstrap knows where they are; or they lie in $CQS3_DEPS/roots.
CHOSEN = os.environ.get("CQS3_ROOTS", "").split()


def output(*command, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def chroot(root: Path, program: str) -> list[str]:
    """`program` with `root` as its root and nothing of this machine but /dev: TLS wants random numbers."""
    (root / "dev").mkdir(exist_ok=True)
    script = 'mount --rbind /dev "$1/dev" && exec chroot "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(root), program]


@pytest.fixture
def distribution(request, tmp_path) -> Path:
    """The root file system of a distribution."""
    stored = tools_folder() / "roots" / f"{request.param}.tar"
    if not stored.exists():
        stored.parent.mkdir(exist_ok=True)
        made = stored.with_name(f"new-{request.param}.tar")
        output("mmdebstrap", "--variant=minbase", "--include=ca-certificates", request.param, made)
        made.rename(stored)
    root = tmp_path / "root"
    root.mkdir()
    output("tar", "-xf", stored, "-C", root, "--exclude=./dev/*")
    return root


def test_the_package_is_hardened(tree):
    output(ROOT / "scripts/check_hardening", tree)


def test_every_part_has_its_licence(tree):
    documents = tree / "share/doc/cq-source-s3"
    listed = (documents / "THIRD-PARTY").read_text()
    for part in ("arrow", "aws-crt", "libgrpc", "libprotobuf", "libc6", "libstdc++6", "libjemalloc2"):
        assert part in listed
    licences = list((documents / "third-party").iterdir())
    assert all(licence.stat().st_size > 200 for licence in licences if "NOTICE" not in licence.name)
    assert len(licences) >= len(listed.splitlines()) - 2


def test_nothing_outside_the_package_is_loaded(tree):
    """But the kernel's own library, every one comes from the package's folder."""
    program = tree / "lib/cq-source-s3"
    listed = output(program / "loader", "--library-path", program, "--list", program / "cq-source-s3")
    assert "not found" not in listed
    files = [line for line in listed.splitlines() if "/" in line]  # the kernel's has none
    assert len(files) > 10
    for line in files:
        assert str(program) in line, line


def test_man_and_shells_find_their_pages(tree, deb, tmp_path):
    program = tree / "bin/cq-source-s3"
    output("dpkg-deb", "--extract", deb, tmp_path)
    for share, zsh in ((tree / "share", "site-functions"), (tmp_path / "usr/share", "vendor-completions")):
        page = gzip.decompress((share / "man/man1/cq-source-s3.1.gz").read_bytes()).decode()
        assert page.startswith(".TH ") and page == output(program, "man")
        for shell, file in {
            "bash": "bash-completion/completions/cq-source-s3",
            "zsh": f"zsh/{zsh}/_cq-source-s3",
            "fish": "fish/vendor_completions.d/cq-source-s3.fish",
        }.items():
            assert (share / file).read_text() == output(program, "completion", shell)


def test_bash_completes_by_the_packages_file(tree):
    script = """. "$1"; complete -p cq-source-s3 >/dev/null || exit
        COMP_WORDS=(cq-source-s3 comp) COMP_CWORD=1; _cq_source_s3; echo "${COMPREPLY[@]}" """
    file = tree / "share/bash-completion/completions/cq-source-s3"
    assert output("bash", "-c", script, "bash", file).split() == ["completion"]


def test_it_runs_in_an_empty_root(lake, tree, tmp_path):
    """No C library, no shell, no /proc, no /etc, only /dev."""
    shutil.copytree(tree, tmp_path / "opt")
    lake.check_sync(chroot(tmp_path, "/opt/bin/cq-source-s3"), tmp_path, "/")


def test_it_runs_by_a_link_and_from_another_folder(lake, tree, tmp_path):
    link = tmp_path / "cq"
    link.symlink_to(tree / "bin/cq-source-s3")
    lake.check_sync([link], tmp_path, str(tmp_path))


def test_it_needs_its_libraries_and_says_so(tree, tmp_path):
    shutil.copy(tree / "bin/cq-source-s3", tmp_path)
    done = subprocess.run([tmp_path / "cq-source-s3"], capture_output=True, text=True)
    assert done.returncode == 127
    assert "install the whole package" in done.stderr


@pytest.mark.parametrize("distribution", CHOSEN, indirect=True)
def test_it_runs_in_another_distribution(lake, tree, distribution):
    shutil.copytree(tree, distribution / "opt/cq-source-s3")
    lake.check_sync(chroot(distribution, "/opt/cq-source-s3/bin/cq-source-s3"), distribution, "/")


@pytest.mark.parametrize("distribution", CHOSEN, indirect=True)
def test_the_deb_installs_and_goes_again(lake, deb, distribution):
    shutil.copy(deb, distribution / "plugin.deb")
    output(*chroot(distribution, "dpkg"), "-i", "/plugin.deb")
    lake.check_sync(chroot(distribution, "/usr/bin/cq-source-s3"), distribution, "/")
    output(*chroot(distribution, "dpkg"), "--purge", "cq-source-s3")
    assert not (distribution / "usr/lib/cq-source-s3").exists()


def test_the_single_file_unpacks_beside_itself(lake, single_file, tmp_path):
    program = tmp_path / "plugin"
    shutil.copy(single_file, program)
    lake.check_sync([program], tmp_path, str(tmp_path))
    assert [path.name[:13] for path in tmp_path.glob("plugin.*")] == ["plugin.files-"]
    again = output(program, "--version")
    assert again.startswith("cq-source-s3 version ")


def test_the_single_file_unpacks_into_the_cache_where_it_cannot_beside_itself(single_file, tmp_path):
    place = tmp_path / "readonly"
    place.mkdir()
    shutil.copy(single_file, place / "plugin")
    # A bind mount binds root, too.
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && exec "$1/plugin" --version'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(place)]
    output(*command, XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert len(list((tmp_path / "cache/cq-source-s3").iterdir())) == 1
    nowhere = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert nowhere.returncode == 1
    assert "XDG_CACHE_HOME" in nowhere.stderr


def test_the_single_file_may_be_started_many_times_at_once(single_file, tmp_path):
    program = tmp_path / "plugin"
    shutil.copy(single_file, program)
    started = [subprocess.Popen([program, "--version"], stdout=subprocess.DEVNULL) for _ in range(6)]
    assert [one.wait(120) for one in started] == [0] * 6
    assert len(list(tmp_path.glob("plugin.*"))) == 1


def test_the_hubs_package_holds_a_plugin_that_runs(tree, single_file, tmp_path):
    """Unpacked and started as CloudQuery does."""
    program = tree / "bin/cq-source-s3"
    targets = [f"linux/{ARCHITECTURE}={single_file}", "--team=tests", "--version=v1.2.3", "--message=First"]
    output(program, "package", *targets, f"--docs={ROOT}/docs/hub", f"--to={tmp_path}/dist")
    [target] = json.loads((tmp_path / "dist/package.json").read_text())["supported_targets"]
    archive = tmp_path / "dist" / target["path"]
    assert target["checksum"] == "sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest()
    name = archive.name.removesuffix(".zip")
    output("python3", "-m", "zipfile", "-e", archive, tmp_path)
    (tmp_path / name).chmod(0o755)
    assert output(tmp_path / name, "--version") == output(program, "--version")
