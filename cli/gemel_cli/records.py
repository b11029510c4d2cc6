"""Read CSV (RFC 4180) so that an empty field and an empty quoted field differ, as in PostgreSQL's COPY.

The standard library's ``csv`` tells the two apart only from Python 3.12 on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from gemel.errors import GemelError

FIELD = re.compile(r'(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<plain>[^",]*))(?P<end>,|$)')


class SeedError(GemelError):
    """The data cannot be loaded; the text says which file, line and column, and what to do."""


@dataclass(frozen=True)
class Record:
    """One record of a file."""

    line: int
    """Number of its first line, from 1."""
    fields: tuple[str | None, ...]
    """``None`` for an empty field without quotes."""


def records(path: Path) -> Iterator[Record]:
    """The records of a file, the header included; the file is not held in memory.

    :raises SeedError: it cannot be read, is not UTF-8, or has quotes in the wrong places.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _records(path, file)
    except OSError as error:
        raise SeedError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SeedError(f"{path}: is not UTF-8: {error.reason}") from error


def _records(path: Path, file: TextIO) -> Iterator[Record]:
    start, text = 1, ""
    for number, line in enumerate(file, 1):
        if not text:
            start = number
        text += line
        if text.count('"') % 2:  # a quoted field goes on in the next line
            continue
        text = text.removesuffix("\n").removesuffix("\r")
        if text:
            yield Record(start, _fields(path, start, text))
        text = ""
    if text:
        raise SeedError(f"{path} line {start}: a quote is opened and not closed")


def _fields(path: Path, line: int, text: str) -> tuple[str | None, ...]:
    fields: list[str | None] = []
    position, end = 0, ","
    while end == ",":
        match = FIELD.match(text, position)
        if match is None:
            raise SeedError(
                f"{path} line {line}: a quote stands within field {len(fields) + 1}: double it and quote the field"
            )
        quoted, plain, end = match.group("quoted", "plain", "end")
        fields.append(plain or None if quoted is None else quoted.replace('""', '"'))
        position = match.end()
    return tuple(fields)
