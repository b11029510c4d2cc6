"""Orders that leave nothing open, so that a row has a place in them (``docs/dialects``, cursors)."""

from collections.abc import Iterable

from gemel.catalog import View
from gemel.errors import Mismatch
from gemel.plan.model import Sort, Use
from gemel.request import Cursor, Field, Rows


def has_cursor(fields: Iterable[Field]) -> bool:
    """Whether the cursor of a row is among its fields."""
    return any(isinstance(item, Cursor) for item in fields)


def total_order(table: View, rows: Rows, order: tuple[Sort, ...]) -> tuple[Sort, ...]:
    """The order with the columns of the primary key behind it that it does not have.

    :raises Mismatch: the table has no primary key, only the first rows of each combination are given, or a document
        is sorted by.
    """
    if table.primary_key is None:
        raise Mismatch("no-key", f"table {table.name!r} has no primary key, and so no cursors", table.name)
    if rows.distinct:
        raise Mismatch("cursor", "cursors do not go with distinct columns", table.name, at=rows.distinct[0].at)
    if any(sort.use is not None and sort.use.type.is_document for sort in order):
        raise Mismatch("cursor", "cursors do not go with an order by a JSON document", table.name)
    known = {sort.use.column.name for sort in order if sort.use and not sort.path and not sort.many}
    columns = (table.columns[name] for name in table.primary_key.columns if name not in known)
    uses = (Use(column, (), False, column.type) for column in columns)
    return (*order, *(Sort((), None, None, use, descending=False, nulls_first=False) for use in uses))
