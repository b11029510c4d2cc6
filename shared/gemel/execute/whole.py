"""Inserts that are one statement: no transaction has to be begun or ended for them."""

from collections.abc import Sequence

from gemel.errors import DatabaseError
from gemel.execute.database import Database
from gemel.execute.perform import Written
from gemel.execute.violations import explain_unique
from gemel.plan.write_model import InsertPlan
from gemel.request import NewRow
from gemel.sql import Batch, WholeInsert, finished


async def insert_whole(
    database: Database,
    plan: InsertPlan,
    whole: Sequence[WholeInsert],
    values: Sequence[object],
    seconds: float | None = None,
) -> Written | None:
    """Insert rows; ``None``, and nothing is done, if they are of several shapes, or there are none.

    :param seconds: that a statement may take.
    :raises DatabaseError: the database refused.
    """
    rows: Sequence[NewRow] = values[plan.slot]  # type: ignore[assignment]  # what a parser puts into the slot
    if not rows or any(row.shape != rows[0].shape for row in rows):
        return None
    batch = Batch([row.values for row in rows], [row.at for row in rows])
    chosen = whole[rows[0].shape]
    statement = chosen.one if len(rows) == 1 else chosen.many
    try:
        body, count, *key = await database.write_one(statement, [*values, batch], seconds)
    except DatabaseError as error:
        if error.sqlstate == "23505" and len(rows) == 1:
            names = (column.name for column in plan.rows.shapes[rows[0].shape].columns)
            explain_unique(plan.table, dict(zip(names, rows[0].values, strict=True)), error)
        raise
    bodies = (finished(str(body), statement.codecs, database.backend.dialect),) if plan.returning else ()
    return Written(count, bodies, (tuple(key),) if len(rows) == 1 and count else (), count)
