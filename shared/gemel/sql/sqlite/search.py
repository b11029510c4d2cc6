"""Queries of PostgreSQL's text search as queries of FTS5 (https://sqlite.org/fts5.html section 3).

Words are matched as the table's tokenizer has them: without stems, unless it is ``porter``. A query, or one side of an
``or``, that only excludes has no form in FTS5.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from gemel.errors import DatabaseError, Unsupported
from gemel.request import Operator
from gemel.sql.encode import plain_text
from gemel.sql.statement import Encoder

WORD = re.compile(r"\w+")
WEB = re.compile(r'(-?)"([^"]*)"?|(-?)([^\s"]+)')
TSQUERY = re.compile(r"\s*(?:(<->|[&|!()])|'((?:[^']|'')*)'(:\*)?|([^\s&|!()<':]+)(:\*)?)")
DEEPEST = 50
"""Brackets within brackets."""
NOTHING = '""'
"""A phrase without words, which nothing holds."""


def search_query(operator: Operator, column: str) -> Encoder:
    """Encoder of a query to FTS5's, of one column.

    :raises DatabaseError: 42601, a ``to_tsquery`` is not well formed.
    :raises Unsupported: it only excludes.
    """
    translate = TRANSLATORS[operator]
    name = '"' + column.replace('"', '""') + '"'

    def encode(value: object) -> object:
        return None if value is None else f"{{{name}}} : ({translate(str(plain_text(value)))})"

    return encode


def _phrase(text: str) -> str:
    """The words of a text one after the other."""
    return '"' + " ".join(WORD.findall(text)) + '"'


def _plain(text: str) -> str:
    return " AND ".join(f'"{word}"' for word in WORD.findall(text)) or NOTHING


@dataclass
class _Terms:
    """What is joined by AND."""

    wanted: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)

    def add(self, term: str, *, negated: bool) -> None:
        (self.excluded if negated else self.wanted).append(term)

    def text(self) -> str:
        if not self.wanted:
            if not self.excluded:
                return NOTHING
            raise Unsupported("SQLite cannot search for what only excludes words: name one that is wanted, too")
        wanted = " AND ".join(self.wanted)
        return " NOT ".join([f"({wanted})", *self.excluded])


def _web(text: str) -> str:
    """``websearch_to_tsquery``: words, "phrases", ``or``, and ``-`` for what is excluded. Nothing is an error."""
    sides = [_Terms()]
    for dash_of_phrase, phrase, dash, word in WEB.findall(text):
        if word.lower() == "or" and not dash:
            sides.append(_Terms())
        elif WORD.search(phrase or word):
            sides[-1].add(_phrase(phrase or word), negated=bool(dash_of_phrase or dash))
    return _any([side.text() for side in sides if side.wanted or side.excluded])


def _any(sides: Sequence[str]) -> str:
    return " OR ".join(f"({side})" for side in sides) if len(sides) > 1 else next(iter(sides), NOTHING)


def _tsquery(text: str) -> str:
    """``to_tsquery``: ``&``, ``|``, ``!``, ``<->``, brackets, ``:*``."""
    if not text.strip():
        return NOTHING
    reader = _Reader(text, list(_tokens(text)))
    found = reader.any()
    if reader.left:
        raise _wrong(text)
    return found


def _tokens(text: str) -> Iterator[str]:
    """Signs as they are; words as FTS5's strings."""
    position, end = 0, len(text.rstrip())
    while position < end:
        match = TSQUERY.match(text, position)
        if match is None:
            raise _wrong(text)
        sign, quoted, quoted_prefix, word, prefix = match.groups()
        yield sign or _phrase((quoted or word).replace("''", "'")) + ("*" if quoted_prefix or prefix else "")
        position = match.end()


def _wrong(text: str) -> DatabaseError:
    return DatabaseError("42601", f'syntax error in tsquery: "{text}"')


@dataclass
class _Reader:
    """Recursive descent."""

    text: str
    left: list[str]
    depth: int = 0

    def any(self) -> str:
        sides = [self._all()]
        while self._takes("|"):
            sides.append(self._all())
        return _any(sides)

    def _all(self) -> str:
        terms = _Terms()
        negated = self._negated()
        terms.add(self._near(), negated=negated)
        while self._takes("&"):
            negated = self._negated()
            terms.add(self._near(), negated=negated)
        return terms.text()

    def _negated(self) -> bool:
        negated = False
        while self._takes("!"):
            negated = not negated
        return negated

    def _near(self) -> str:
        found = self._one()
        while self._takes("<->"):
            found += " + " + self._one()
        return found

    def _one(self) -> str:
        if self._takes("("):
            self.depth += 1
            if self.depth > DEEPEST:
                raise Unsupported(f"a text search on SQLite may have brackets {DEEPEST} deep")
            inner = self.any()
            self.depth -= 1
            if not self._takes(")"):
                raise _wrong(self.text)
            return f"({inner})"
        if not self.left or not self.left[0].startswith('"'):
            raise _wrong(self.text)
        return self.left.pop(0)

    def _takes(self, sign: str) -> bool:
        if self.left[:1] != [sign]:
            return False
        self.left.pop(0)
        return True


TRANSLATORS: dict[Operator, Callable[[str], str]] = {
    Operator.FTS: _tsquery,
    Operator.FTS_PLAIN: _plain,
    Operator.FTS_PHRASE: _phrase,
    Operator.FTS_WEB: _web,
}
