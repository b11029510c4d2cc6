"""A response."""

from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]

JSON = b"application/json; charset=utf-8"


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
