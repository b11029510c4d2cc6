"""Reads: GET and HEAD of tables and items (``docs/dialects/rest.md`` sections 2 to 12)."""

from collections.abc import Mapping

from gemel.catalog import View
from gemel.errors import RequestError
from gemel.request import AllColumns, And, ColumnRef, Compare, Condition, Operator, Query, Root, Select, Source
from gemel_rest.parse.accept import Media, parse_accept
from gemel_rest.parse.build import Builder, columns_of
from gemel_rest.parse.model import ReadCall, ReadShape
from gemel_rest.parse.path import Resource, invalid_path
from gemel_rest.parse.prefer import parse_prefer
from gemel_rest.parse.query import Parameters, parse_query
from gemel_rest.parse.ranges import intersect
from gemel_rest.parse.rules import Rules, schema_of
from gemel_rest.parse.tree import parse_tree

KEY = "rows"
WHOLE = "row"
"""Key of the item with all its stored columns, of which its entity tag is made."""
APPLIED = frozenset({"count", "handling"})


def parse_read(rules: Rules, method: str, resource: Resource, query: bytes, headers: Mapping[str, str]) -> ReadCall:
    """The question that a GET or HEAD asks.

    :param resource: a table or an item.
    :param headers: by lower-case name.
    :raises RequestError, NotEmbedded: it is not well formed.
    """
    schema, profile = schema_of(rules, method, headers)
    preferences = parse_prefer(headers.get("prefer", ""))
    media = parse_accept(headers.get("accept", ""))
    parameters = parse_query(query)
    table = rules.views.tables.get((schema, resource.name))
    root = parse_tree(rules, table, parameters)
    if method == "GET" and resource.kind == "table" and "range" in headers:
        root.page = intersect(root.page, headers["range"])
    builder = Builder(most=rules.max_rows, strip_nulls=media.strip_nulls, aggregates=rules.aggregates)
    select, counted = builder.select(root), preferences.count is not None
    source = Source(schema, resource.name)
    whole: tuple[Root, ...] = ()
    if resource.kind == "item":
        select = _one(select, key_condition(builder, table, resource, parameters))
        if select.fields != (AllColumns(),) or select.strip_nulls:
            whole = (Root(WHOLE, source, Select((AllColumns(),), select.rows)),)
    shape = ReadShape(
        media=media,
        singular=is_singular(media, resource),
        columns=columns_of(root) if media.form == "csv" else None,
        preferences=preferences.applied(APPLIED | rules.tx),
        profile=profile,
        item=resource.kind == "item",
        offset=root.page.offset or 0,
        location=resource.path + parameters.canonical,
        after=root.after is not None,
        counted=counted,
    )
    first = Root(KEY, source, select, total=counted and not whole, estimate=preferences.estimate if not whole else None)
    return ReadCall(Query((first, *whole)), tuple(builder.values), shape)


def is_singular(media: Media, resource: Resource) -> bool:
    """A row is given by itself, not in a list: on demand, and of an item (R2-1)."""
    return media.form == "object" or (resource.kind == "item" and media.form == "array")


def _one(select: Select, condition: Condition | None) -> Select:
    own = select.rows.where  # of inner embeds: there are no filters on an item
    parts = tuple(part for part in (condition, own) if part is not None)
    where = And(parts) if len(parts) > 1 else next(iter(parts), None)
    rows = select.rows
    return Select(select.fields, type(rows)(where=where, most=rows.most), select.strip_nulls)


def key_condition(builder: Builder, table: View | None, resource: Resource, parameters: Parameters) -> Condition | None:
    """The row that the path names.

    :raises RequestError: the table has no key, another number of values, or parameters that an item does not take.
    """
    if table is None:
        return None  # the plan says that it is not there
    names, key = key_of_item(table, resource, parameters)
    tests = (Compare(ColumnRef(name), Operator.EQ, builder.slot(value)) for name, value in zip(names, key, strict=True))
    return And(tuple(tests))


def key_of_item(table: View, resource: Resource, parameters: Parameters) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns and values of the key that the path of an item names.

    :raises RequestError: the table has no key, another number of values, or parameters that an item does not take.
    """
    if table.primary_key is None:
        raise invalid_path()
    if _is_restricted(parameters):
        raise _refused("filters, order, limit and offset of the row itself", "they hold for embeds only")
    names = table.primary_key.columns
    if len(names) != len(resource.key):
        raise _refused(f"{len(resource.key)} values", f"the key of {table.name} is ({', '.join(names)})")
    return names, resource.key


def _is_restricted(parameters: Parameters) -> bool:
    named = [name for name, _ in (*parameters.filters, *parameters.logic)]
    own = any("." not in name or name in ("not.and", "not.or") for name in named)
    return own or () in parameters.orders or parameters.is_paged


def _refused(what: str, details: str) -> RequestError:
    return RequestError("PGRST100", f'"failed to parse item path" (line 1, column 1): {what}', f"unexpected: {details}")
