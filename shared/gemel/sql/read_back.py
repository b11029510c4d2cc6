"""What is given of rows that were written: an ordinary read by their keys, or of what they were."""

from collections.abc import Iterable

from gemel.catalog import Column, Table
from gemel.plan.model import RowsPlan, Rule
from gemel.sql.backend import Backend, Expression
from gemel.sql.build import Builder, Frame
from gemel.sql.conditions import condition, order_by
from gemel.sql.fragment import Fragment, Part, join, sql
from gemel.sql.given import image, keys_of
from gemel.sql.objects import object_of
from gemel.sql.statement import Statement
from gemel.sql.steps import Returned


def key_columns(table: Table) -> tuple[Column, ...]:
    """Columns of the primary key."""
    assert table.primary_key is not None  # noqa: S101 - the plan refuses to write without one
    return tuple(table.columns[name] for name in table.primary_key.columns)


def columns_of(table: Table, returned: Returned) -> tuple[Column, ...]:
    """The columns that a statement gives."""
    return (*key_columns(table), *(table.columns[name] for name in returned.more))


def returning(builder: Builder, table: Table, columns: Iterable[Column], *more: Part) -> Fragment:
    """RETURNING: columns in the form of ``Backend.key``, and more."""
    bare = Frame(builder, "", table)
    return sql(" RETURNING ", join(", ", [*(builder.backend.key(bare.column(column)) for column in columns), *more]))


def read_back(backend: Backend, table: Table, rows: RowsPlan, *, as_given: bool) -> Statement:
    """Rows by their keys: in the order asked, else as given, else by key."""
    builder = Builder(backend)
    frame, source = rows_by_key(builder, table)
    order = sql("given.n") if as_given else _by_key(frame)
    return _listed(frame, rows, source, order)


def rows_by_key(builder: Builder, table: Table) -> tuple[Frame, Fragment]:
    """The rows whose keys are given: a frame, and what stands after FROM; ``given.n`` is their place."""
    frame = Frame(builder, builder.alias(), table)
    keys = keys_of(builder, frame, key_columns(table))
    target = sql(builder.table(table.source), f" AS {frame.alias}")
    return frame, sql(keys.source, " JOIN ", target, " ON ", keys.match)


def breaking(backend: Backend, table: Table, check: Rule) -> Statement:
    """Gives a row if one of those with the given keys does not meet what a policy asks."""
    builder = Builder(backend)
    frame, source = rows_by_key(builder, table)
    met = sql("coalesce(", condition(frame, check), ", ", "false" if backend.dialect.name == "postgresql" else "0", ")")
    return builder.statement(sql("SELECT 1 FROM ", source, " WHERE NOT ", met, " LIMIT 1"))


def read_gone(backend: Backend, table: Table, rows: RowsPlan) -> Statement:
    """Rows that were deleted, as they were; what is related to them is read as it is now."""
    builder = Builder(backend)
    frame, source = image(builder, table)
    return _listed(frame, rows, source, _by_key(frame))


def _by_key(frame: Frame) -> Expression:
    return join(", ", (frame.column(column) for column in key_columns(frame.table)))


def _listed(frame: Frame, rows: RowsPlan, source: Fragment, order: Expression) -> Statement:
    order = order_by(frame, rows.slice.order) if rows.slice.order else order
    row = object_of(frame, rows.fields, strip=rows.strip_nulls)
    visible = rows.slice.visible
    where = sql(" WHERE ", condition(frame, visible)) if visible is not None else sql("")
    selected = sql("SELECT ", row, " AS j FROM ", source, where, " ORDER BY ", order)
    listed = frame.builder.backend.concat_rows(sql("chosen.j"))
    return frame.builder.statement(
        sql("SELECT '[' || coalesce(", listed, ", '') || ']' FROM (", selected, ") AS chosen")
    )
