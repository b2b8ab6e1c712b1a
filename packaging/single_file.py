"""Puts a whole package into one executable file; the format is told in src/launcher/single_file.h."""

import hashlib
import pathlib
import struct

MAGIC = b"cq-source-s3 one file v1"


def write(tree: pathlib.Path, to: pathlib.Path) -> None:
    launcher = (tree / "bin/cq-source-s3").read_bytes()
    files = sorted((tree / "lib/cq-source-s3").iterdir())
    digest = hashlib.sha256()
    with open(to, "wb") as out:
        out.write(launcher)
        for path in files:
            content = path.read_bytes()
            name = path.name.encode()
            mode = path.stat().st_mode & 0o755
            header = struct.pack("<Q", len(name)) + name + struct.pack("<QQ", len(content), mode)
            digest.update(header + content)
            out.write(header + content)
        content_name = digest.hexdigest()[:24].encode()
        out.write(MAGIC + struct.pack("<QQ", len(launcher), len(files)) + content_name)
    to.chmod(0o755)
