"""The course of a mutation: which statement follows which. No input or output."""

from collections.abc import Sequence
from dataclasses import dataclass

from gemel.catalog import Catalog
from gemel.errors import DatabaseError, WrongRowCount
from gemel.execute.database import Row, Script
from gemel.execute.violations import explain_foreign_key, explain_unique
from gemel.plan.model import InsertPlan
from gemel.sql import Backend, WriteSteps, finished


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one write of a mutation."""

    affected: int
    bodies: tuple[str, ...]
    """JSON arrays, one per ``returning``."""
    keys: tuple[tuple[str | None, ...], ...]
    """Primary keys of the rows as text, in the order of the key's columns; of an insert only."""


def perform(
    catalog: Catalog, backend: Backend, steps: Sequence[WriteSteps], values: Sequence[object]
) -> Script[tuple[Written, ...]]:
    """Run the writes of a mutation in order.

    :raises WrongRowCount: a write did not meet its ``exactly`` or ``most``.
    """
    done = []
    for step in steps:
        done.append((yield from _write(catalog, backend, step, values)))
    return tuple(done)


def _write(catalog: Catalog, backend: Backend, step: WriteSteps, values: Sequence[object]) -> Script[Written]:
    rows: list[Row] = []
    bodies: tuple[str, ...] = ()
    if step.reads_first and step.find is not None:
        found = yield (step.find.text, step.find.bind(values))
        _check(step, len(found))
        given = [*values, *backend.key_values(found, step.width)]
        bodies = yield from _read(backend, step, given)
        values = given
    for number in range(len(step.writes)):
        rows += yield from _run(catalog, backend, step, number, values)
    _check(step, len(rows))
    if not step.reads_first:
        bodies = yield from _read(backend, step, [*values, *backend.key_values(rows, step.width)])
    inserted = isinstance(step.plan, InsertPlan)
    return Written(len(rows), bodies, tuple(tuple(row[step.width :]) for row in rows) if inserted else ())


def _run(
    catalog: Catalog, backend: Backend, step: WriteSteps, number: int, values: Sequence[object]
) -> Script[Sequence[Row]]:
    parameters = step.writes[number].bind(values)
    try:
        return (yield (step.writes[number].text, parameters))
    except DatabaseError as error:
        # SQLite does not say which foreign key does not hold, nor which values are there already.
        if error.sqlstate == "23503" and error.constraint is None:
            raise (yield from explain_foreign_key(catalog, backend, step, values, error)) from None
        if error.sqlstate == "23505":
            explain_unique(step.plan, number, values, error)
        raise


def _read(backend: Backend, step: WriteSteps, values: Sequence[object]) -> Script[tuple[str, ...]]:
    bodies = []
    for statement in step.read:
        rows = yield (statement.text, statement.bind(values))
        bodies.append(finished(str(rows[0][0]), statement.codecs, backend.dialect))
    return tuple(bodies)


def _check(step: WriteSteps, count: int) -> None:
    plan = step.plan
    if plan.exactly is not None and count != plan.exactly:
        raise WrongRowCount(count)
    most = None if isinstance(plan, InsertPlan) else plan.most
    if most is not None and count > most:
        raise WrongRowCount(count, most=True)
