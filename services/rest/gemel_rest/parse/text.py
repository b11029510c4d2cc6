"""A cursor over the text of one parameter, and the lexical elements (``docs/dialects/rest.md`` section 3)."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from gemel.apart import give_way
from gemel.errors import RequestError

T = TypeVar("T")

MAX_DEPTH = 24
"""Levels that logic trees may be nested; more would cost without being of use."""

QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
NAME = re.compile(r"[\w $]+(?:-(?!>)[\w $]+)*")
BLANKS = re.compile(r"[ \t]*")


class Unexpected(Exception):
    """The text is not what the grammar asks for, at ``position``. Never leaves this package."""

    def __init__(self, position: int, expected: str) -> None:
        super().__init__(expected)
        self.position = position
        self.expected = expected


class Reader:
    """A cursor. Methods that begin with ``take`` move it only when they find what they look for."""

    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def rest(self) -> str:
        """What has not been read."""
        return self.text[self.at :]

    @property
    def ended(self) -> bool:
        """All has been read."""
        return self.at >= len(self.text)

    def follows(self, *texts: str) -> bool:
        """Whether one of the texts comes next."""
        return self.text.startswith(texts, self.at)

    def take(self, text: str) -> bool:
        """Read ``text`` if it comes next."""
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what the pattern matches here, if it does."""
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def expect(self, text: str) -> None:
        """Read ``text``.

        :raises Unexpected: something else comes next.
        """
        if not self.take(text):
            raise self.unexpected(f'"{text}"')

    def blanks(self) -> None:
        """Skip blanks and tabs."""
        self.match(BLANKS)

    def unexpected(self, expected: str) -> Unexpected:
        """The error that something else is here than ``expected``."""
        return Unexpected(self.at, expected)

    def quoted(self) -> str | None:
        """Read a quoted text and give what it stands for, if one comes next."""
        give_way()  # every name and every value begins here
        found = self.match(QUOTED)
        return None if found is None else ESCAPED.sub(r"\1", found.group(1))

    def name(self, expected: str = "field name (* or [a..z0..9_$])") -> str:
        """Read a name; surrounding blanks do not count.

        :raises Unexpected: there is none.
        """
        self.blanks()
        quoted = self.quoted()
        if quoted is not None:
            self.blanks()
            return quoted
        start = self.at
        found = self.match(NAME)
        name = found.group().strip() if found else ""
        if not name:
            self.at = start
            raise self.unexpected(expected)
        return name

    def end(self, expected: str) -> None:
        """Make sure that nothing follows.

        :raises Unexpected: something does.
        """
        if not self.ended:
            raise self.unexpected(expected)


def parse(what: str, text: str, grammar: Callable[[Reader], T]) -> T:
    """Run a grammar over a text.

    :param what: name of the grammar in error messages (section 3).
    :raises RequestError: ``PGRST100``.
    """
    reader = Reader(text)
    try:
        return grammar(reader)
    except Unexpected as error:
        raise syntax_error(what, text, error.position, error.expected) from None


def syntax_error(what: str, text: str, position: int, expected: str) -> RequestError:
    """``PGRST100`` in upstream's words."""
    message = f'"failed to parse {what} ({text})" (line 1, column {position + 1})'
    found = f'"{text[position]}"' if position < len(text) else "end of input"
    return RequestError("PGRST100", message, f"unexpected {found} expecting {expected}")


def too_deep(what: str, most: int) -> RequestError:
    """``PGRST127`` for something that is nested too deeply."""
    return not_implemented(f"{what} can be nested {most} levels deep at most.")


def not_implemented(details: Any) -> RequestError:
    """``PGRST127``."""
    return RequestError("PGRST127", "Feature not implemented", details)
