"""Which packages are tested: those in $CQS3_PACKAGES, of $CQS3_ARCHITECTURE."""

import os
import platform
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Those of another architecture than the machine's run within scripts/with_arm64.
ARCHITECTURE = (
    os.environ.get("CQS3_ARCHITECTURE") or {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
)


def newest(start: str, end: str) -> Path:
    """The package made last, by the start and the end of its name."""
    folder = Path(os.environ.get("CQS3_PACKAGES") or ROOT / "build/package")
    pattern = f"{start}-v*-linux-{ARCHITECTURE}{end}"
    found = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        pytest.fail(f"no {pattern} in {folder}: run make package, or make package-arm64")
    return found[-1]
