"""The trace id: one name for a request, in every log line, in the answer, and in what is called because of it."""

import os
import re
from collections.abc import Mapping
from typing import Final

_TRACEPARENT: Final = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)
"""W3C Trace Context, section 3.2; later versions may have more fields."""
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._~:=+/-]{1,128}")


def trace_id(headers: Mapping[bytes, bytes]) -> str:
    """The caller's id, if it sent one that can be written anywhere: ``traceparent``'s, else ``X-Request-Id``; else a
    new one of 32 hexadecimal digits."""
    parent = headers.get(b"traceparent")
    if parent is not None and (match := _TRACEPARENT.fullmatch(parent)) is not None:
        return match[1].decode()
    given = headers.get(b"x-request-id")
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode()
    return os.urandom(16).hex()
