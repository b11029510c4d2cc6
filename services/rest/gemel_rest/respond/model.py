"""A response."""

import re
from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]

JSON = b"application/json; charset=utf-8"
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.1."""
FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers (names in lower case) and body; without a body no header speaks of one."""

    status: int
    headers: Headers = ()
    body: bytes | None = None


def header(name: str, value: str) -> tuple[bytes, bytes]:
    """A header. What is no Latin-1 is escaped, and no line break gets through (RFC 9110 section 5.5)."""
    safe = value.replace("\r", " ").replace("\n", " ")
    return name.encode("ascii"), safe.encode("latin-1", "backslashreplace")


def is_header(item: object) -> bool:
    """Whether the app may give it as a header: a pair of texts that does not say where the answer ends."""
    if not isinstance(item, tuple | list) or len(item) != 2 or not all(isinstance(part, str) for part in item):
        return False
    return NAME.fullmatch(item[0]) is not None and item[0].lower() not in FRAMING
