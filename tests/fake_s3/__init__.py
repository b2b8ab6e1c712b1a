"""An S3 on a real socket whose every byte, and whose clock, belongs to the test. See README.md."""

from .bucket import Bucket, Clock
from .faults import Case, Fault, load_cases
from .server import FakeS3

__all__ = ["Bucket", "Case", "Clock", "FakeS3", "Fault", "load_cases"]
