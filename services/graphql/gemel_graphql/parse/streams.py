"""Streaming subscriptions: rows behind a cursor (``docs/dialects/graphql.md`` section 13.2)."""

from dataclasses import dataclass

from gemel.request import (
    And,
    ColumnField,
    ColumnRef,
    Compare,
    Condition,
    Operator,
    OrderColumn,
    Query,
    Root,
    Rows,
    Select,
    Source,
)
from gemel_graphql.parse.filters import condition
from gemel_graphql.parse.given import Given, Member
from gemel_graphql.parse.readers import limit_reader, value_reader
from gemel_graphql.parse.reads import fields
from gemel_graphql.parse.refuse import refuse
from gemel_graphql.parse.scope import Scope
from gemel_graphql.parse.selection import Selected, arguments
from gemel_graphql.schema.meaning import ColumnOf, CursorOrdering, StreamField, meaning_of

STEP = "step"
"""Key of the column in the rows of ``Stream.steps``."""


@dataclass(frozen=True)
class Stream:
    """How rows follow each other."""

    steps: Query
    """Values of the column in the next batch, as texts; the last of them is that of the last row."""
    cursor: int
    """Slot of the value behind which rows are new."""
    last: int
    """Slot of that last value: rows up to it, all that have it included, are the batch."""


def stream(scope: Scope, item: Selected, meaning: StreamField) -> tuple[Root, Stream]:
    """The rows of a batch, and how it is found.

    :raises RequestError: there is not exactly one cursor over one column, or a value is wrong.
    """
    given = arguments(scope, item)
    batch = given["batch_size"].slot(limit_reader)
    where = given["where"] if "where" in given and not given["where"].is_null else None
    member, descending = _cursor(given["cursor"])
    _, field, value = member
    named: ColumnOf = meaning_of(field)
    ref = ColumnRef(named.column.name, at=value.at)
    cursor, last = value.slot(value_reader(value.type, named.column.type)), scope.constant(None)
    beyond = Compare(ref, Operator.LT if descending else Operator.GT, cursor, at=value.at)
    until = Compare(ref, Operator.GTE if descending else Operator.LTE, last, at=value.at)
    filters: tuple[Condition, ...] = (condition(where),) if where is not None else ()
    order = (OrderColumn((), ref, descending, nulls_first=descending),)
    source = Source(meaning.table.schema, meaning.table.name, at=item.at)
    found = Rows(where=And((*filters, beyond)), order=order, limit=batch)
    steps = Root(STEP, source, Select((ColumnField(STEP, ref, cast="text"),), found))
    rows = Rows(where=And((*filters, beyond, until)), order=order)
    root = Root(item.key, source, Select(fields(scope, item, listed=True), rows))
    return root, Stream(Query((steps,)), cursor.index, last.index)


def _cursor(given: Given) -> tuple[Member, bool]:
    cursors = [one for one in given.elements() if not one.is_null]
    parts = [one.parts() for one in cursors]
    members = [member for one in parts for member in one["initial_value"].members()]
    if len(members) > 1 or len(cursors) > 1:
        raise refuse("multiple column cursors are not supported yet", given.at)
    if not members:
        raise refuse("one streaming column field is expected", given.at)
    if members[0][2].is_null:
        raise members[0][2].unexpected_null()
    ordering = parts[0].get("ordering")
    if ordering is None or ordering.is_null:
        return members[0], False
    chosen: CursorOrdering = meaning_of(ordering.word())
    return members[0], chosen.descending
