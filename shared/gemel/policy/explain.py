"""What a role sees of a table and may do to it, in words and SQL."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from gemel.catalog import Verb, View
from gemel.policy.access import Access
from gemel.policy.claim import Claim, replaced
from gemel.policy.declare import Grant

VERBS: tuple[Verb, ...] = ("select", "insert", "update", "delete")


def explain(access: Access, view: View, dialect: Dialect) -> Iterator[str]:
    """Lines of text, verb by verb."""
    for verb in VERBS:
        grant = access.grant(view, verb)
        if grant is None or verb not in view.verbs:
            yield f"{verb}: no"
            continue
        yield f"{verb}:" if not grant.backend_only else f"{verb}, through backends only:"
        yield from (f"  {line}" for line in _lines(access, view, verb, grant, dialect))


def _lines(access: Access, view: View, verb: Verb, grant: Grant, dialect: Dialect) -> Iterator[str]:
    if verb != "insert":
        yield f"rows:       {'all' if grant.rows is None else _sql(grant.rows, dialect)}"
    if verb != "delete":
        yield f"columns:    {', '.join(view.taken(verb)) or 'none'}"
    if grant.check is not None:
        yield f"check:      {_sql(grant.check, dialect)}"
    for column, value in access.presets(view, verb):
        yield f"preset:     {column.name} = {_sql(value, dialect)}"
    if verb == "select":
        yield f"limit:      {'none' if grant.limit is None else grant.limit}"
        yield f"aggregates: {'yes' if view.aggregates else 'no'}"
        yield f"relations:  {', '.join(view.relations) or 'none'}"


def _sql(expression: sa.ColumnElement[Any], dialect: Dialect) -> str:
    named = replaced(
        expression, lambda item: sa.literal_column(f"claim('{item.name}')") if isinstance(item, Claim) else None
    )
    try:
        text = named.compile(dialect=dialect, compile_kwargs={"literal_binds": True}).string
    except sa.exc.CompileError:  # a constant that cannot be written as a literal
        text = named.compile(dialect=dialect).string
    return " ".join(text.split())
