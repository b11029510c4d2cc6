"""Stored values inside JSON: what JSON cannot hold exactly goes as a text behind a mark."""

import math

MARK = "\x01"
"""No text of ours begins with it: one that does is marked, too."""


def framed(value: object) -> object:
    """A stored value as a member of a JSON array."""
    if isinstance(value, bytes):
        return f"{MARK}b{value.hex()}"
    if isinstance(value, float):
        return f"{MARK}f{value!r}" if math.isfinite(value) else f"{MARK}f{value}"
    if isinstance(value, str) and value.startswith(MARK):
        return f"{MARK}t{value}"
    return value


def unframed(value: object) -> object:
    """The stored value."""
    if not isinstance(value, str) or not value.startswith(MARK):
        return value
    kind, rest = value[1], value[2:]
    if kind == "b":
        return bytes.fromhex(rest)
    return float(rest) if kind == "f" else rest
