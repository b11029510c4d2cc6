"""The select parameter (``docs/dialects/rest.md`` sections 6 to 8)."""

import re

from gemel.apart import hold
from gemel_rest.parse.field import read_field
from gemel_rest.parse.syntax import EmbedItem, FieldName, Item, RowCount, RowCursor, SelectItem, Star
from gemel_rest.parse.text import Reader, parse, too_deep

MAX_DEPTH = 12
"""Levels that embeds may be nested: each is a query within a query, and planning many takes PostgreSQL seconds."""

TYPE = re.compile(r"[\w $]+")
AGGREGATE = re.compile(r"\.(sum|avg|count|min|max)\(\)")
COUNT = re.compile(r"count\(\)")
CURSOR = re.compile(r"cursor\(\)")
ALIAS_COLON = re.compile(r":(?!:)")
EXPECTED = 'field name (* or [a..z0..9_$]), "..." or "count()"'


def parse_select(text: str) -> tuple[SelectItem, ...]:
    """Items of the select; none stands for ``*``."""
    return parse("select parameter", text, _whole)


def _whole(reader: Reader) -> tuple[SelectItem, ...]:
    items = _items(reader, 0)
    reader.end('"," or end of input')
    return items


def _items(reader: Reader, depth: int) -> tuple[SelectItem, ...]:
    if depth > MAX_DEPTH:
        raise too_deep("Embeds", MAX_DEPTH)
    reader.blanks()
    if reader.ended or reader.follows(")"):
        return ()
    items = [_item(reader, depth)]
    while reader.take(","):
        items.append(_item(reader, depth))
    return tuple(items)


def _item(reader: Reader, depth: int) -> SelectItem:
    reader.blanks()
    if reader.take("..."):
        return _embed(reader, depth, reader.name(), None, spread=True)
    if reader.take("*"):
        reader.blanks()
        return Star()
    alias = _alias(reader)
    reader.blanks()
    if reader.match(COUNT):
        count = RowCount(alias, _type(reader))
        reader.blanks()
        return count
    if reader.match(CURSOR):
        reader.blanks()
        return RowCursor(alias)
    start = reader.at
    name = reader.name(EXPECTED)
    if reader.follows("!", "("):
        return _embed(reader, depth, name, alias, spread=False)
    reader.at = start
    return _column(reader, alias)


def _alias(reader: Reader) -> str | None:
    start = reader.at
    name = reader.name(EXPECTED)
    if reader.match(ALIAS_COLON):
        return name
    reader.at = start
    return None


def _column(reader: Reader, alias: str | None) -> Item:
    field: FieldName = read_field(reader)
    cast = _type(reader)
    aggregate = reader.match(AGGREGATE)
    after = _type(reader) if aggregate else None
    reader.blanks()
    return hold(Item(field, alias, cast, aggregate.group(1) if aggregate else None, after))  # type: ignore[arg-type]


def _type(reader: Reader) -> str | None:
    if not reader.take("::"):
        return None
    found = reader.match(TYPE)
    if found is None or not found.group().strip():
        raise reader.unexpected("name of a type")
    return found.group().strip()


def _embed(reader: Reader, depth: int, target: str, alias: str | None, *, spread: bool) -> EmbedItem:
    hint: str | None = None
    inner = False
    for _ in range(2):
        if not reader.take("!"):
            break
        word = reader.name("hint, inner or left")
        inner = inner or word == "inner"
        hint = word if word not in ("inner", "left") else hint
    reader.expect("(")
    items = _items(reader, depth + 1)
    reader.expect(")")
    reader.blanks()
    return EmbedItem(target, items, alias, hint, inner, spread)
