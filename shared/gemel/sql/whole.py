"""An insert and what is given of its rows, as one statement that needs no transaction around it (PostgreSQL)."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemel.plan.model import RowsPlan, Text, Value
from gemel.plan.write_model import InsertPlan, ShapePlan
from gemel.sql.backend import Backend
from gemel.sql.build import Builder, Frame
from gemel.sql.fragment import Part, join, sql
from gemel.sql.insert import insert_many, insert_one
from gemel.sql.objects import object_of
from gemel.sql.read_back import key_columns
from gemel.sql.statement import Statement

GIVEN = "written"


@dataclass(frozen=True, eq=False)
class WholeInsert:
    """Of rows of one shape. Each statement gives one row: the JSON array of ``returning``, or null without one, and the
    number of rows written."""

    one: Statement
    """Of a batch of one row; then the texts of its key."""
    many: Statement


def whole_inserts(backend: Backend, plan: InsertPlan) -> tuple[WholeInsert, ...]:
    """For each shape; none if it takes more than one statement.

    It does if rows are nested, may meet others, have to be looked at again for a policy, or have to be counted before
    they are kept; or if something else is given than stored columns: the statement that writes a row does not see it in
    its table.
    """
    shapes = plan.rows.shapes
    nested = any(shape.first or shape.then for shape in shapes)
    if (
        plan.exactly is not None
        or not backend.bulk
        or nested
        or plan.rows.conflict is not None
        or plan.rows.check is not None
        or len(plan.returning) > 1
    ):
        return ()
    if not all(shape.columns for shape in shapes) or not all(_is_plain(rows) for rows in plan.returning):
        return ()
    return tuple(WholeInsert(_one(backend, plan, shape), _many(backend, plan, shape)) for shape in shapes)


def _is_plain(rows: RowsPlan) -> bool:
    """Stored columns alone, in the order in which the rows were given."""
    plain = all(
        isinstance(item, Text) or (isinstance(item, Value) and not item.use.column.computed) for item in rows.fields
    )
    return plain and not rows.slice.order and rows.slice.visible is None


def _one(backend: Backend, plan: InsertPlan, shape: ShapePlan) -> Statement:
    builder = Builder(backend)
    frame = Frame(builder, GIVEN, plan.table)
    texts = (backend.text(frame.column(column), builder.stored(column.type)) for column in key_columns(plan.table))
    keys = [sql("max(", text, ")") for text in texts]
    return _whole(builder, frame, plan, insert_one(builder, plan.rows, shape), keys)


def _many(backend: Backend, plan: InsertPlan, shape: ShapePlan) -> Statement:
    builder = Builder(backend)
    frame = Frame(builder, GIVEN, plan.table)
    return _whole(builder, frame, plan, insert_many(builder, plan.rows, shape), [])


def _whole(builder: Builder, frame: Frame, plan: InsertPlan, insert: Part, keys: Sequence[Part]) -> Statement:
    columns = ", ".join(builder.quote(column.name) for column in plan.table.stored)
    body: Part = "NULL"
    for rows in plan.returning:
        row = object_of(frame, rows.fields, strip=rows.strip_nulls)
        body = sql("'[' || coalesce(", builder.backend.concat_rows(row), ", '') || ']'")
    found = join(", ", [body, "count(*)", *keys])
    return builder.statement(
        sql(f"WITH {GIVEN} AS (", insert, f" RETURNING {columns}) SELECT ", found, f" FROM {GIVEN}")
    )
