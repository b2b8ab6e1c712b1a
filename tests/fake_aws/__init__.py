"""The services of AWS that hand out credentials, on sockets of the test's own, and the keys they gave."""

from .gate import Gate
from .keys import Keys, KeyStore
from .services import ROLE, FakeAws

__all__ = ["ROLE", "FakeAws", "Gate", "KeyStore", "Keys"]
