"""The course of a mutation: which statement follows which. No input or output."""

from base64 import urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from gemel.errors import DatabaseError, Outdated, WrongRowCount
from gemel.execute.database import Row, Script
from gemel.execute.insert import Course, Group, check_rows, insert_groups, insert_rows, key_texts
from gemel.execute.violations import explain_foreign_key, explain_unique
from gemel.plan.write_model import Assignment
from gemel.sql import (
    AlongSteps,
    DeleteSteps,
    ExpectSteps,
    InsertSteps,
    Statement,
    UpdateSteps,
    WriteSteps,
    finished,
)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one write of a mutation."""

    affected: int
    """Rows written, those nested in them among them."""
    bodies: tuple[str, ...]
    """JSON arrays, one per ``returning``."""
    keys: tuple[tuple[str | None, ...], ...]
    """Primary key of the row as text, in the order of the key's columns; of an insert that wrote one row only."""
    inserted: int = 0
    """Rows of an insert that were not there before, without those nested in them."""


def perform(course: Course, steps: Sequence[WriteSteps], values: Sequence[object]) -> Script[tuple[Written, ...]]:
    """Run the writes of a mutation in order.

    :raises WrongRowCount: a write did not meet its ``exactly`` or ``most``.
    :raises Outdated: a row is not as it was seen.
    :raises Mismatch: a conflict left no row that nested rows could be related to.
    """
    done = []
    for step in steps:
        match step:
            case InsertSteps():
                done.append((yield from _insert(course, step, values)))
            case UpdateSteps():
                done.append((yield from _update(course, step, values)))
            case DeleteSteps():
                done.append((yield from _delete(course, step, values)))
            case ExpectSteps():
                done.append((yield from _expect(course, step, values)))
    return tuple(done)


def _insert(course: Course, step: InsertSteps, values: Sequence[object]) -> Script[Written]:
    rows = values[step.plan.slot]
    assert isinstance(rows, Sequence)  # noqa: S101 - what a parser puts into the slot
    done = yield from insert_rows(course, step.rows, rows, [()] * len(rows), values)
    found = [row for row in done.rows if row is not None]
    _check(len(found), step.plan.exactly)
    keys = [row[: step.rows.returned.key] for row in found]
    bodies = yield from _read(course, step.read, values, keys, step.rows.returned.key)
    return Written(done.affected, bodies, key_texts(step.rows, found), done.inserted)


def _update(course: Course, step: UpdateSteps, values: Sequence[object]) -> Script[Written]:
    rows: Sequence[Row] = ()
    if step.change is not None:
        rows = yield from _changed(course, step, step.change, values)
    elif step.along:
        rows = yield (step.find.text, step.find.bind(values))
    _check(len(rows), step.plan.exactly, step.plan.most)
    affected = len(rows) if step.change is not None else 0
    for item in step.along:
        affected += yield from _along(course, step, item, rows, values)
    width = step.returned.key
    if step.breaks is not None and rows:
        yield from check_rows(course, step.table.name, step.breaks, rows, width, values)
    bodies = yield from _read(course, step.read, values, [row[:width] for row in rows], width)
    return Written(affected, bodies, ())


def _along(
    course: Course, step: UpdateSteps, along: AlongSteps, rows: Sequence[Row], values: Sequence[object]
) -> Script[int]:
    places = step.returned.places(tuple(near for near, _ in along.plan.joined))
    joined = [tuple(row[place] for place in places) for row in rows]
    known = list(dict.fromkeys(one for one in joined if None not in one))
    within = [*values, *course.backend.key_values(known, len(places))]
    affected = 0
    for delete in along.deletes:
        affected += (yield from _delete(course, delete, within)).affected
    for update in along.updates:
        affected += (yield from _update(course, update, within)).affected
    if along.insert is not None:
        given = values[along.plan.slot]
        assert isinstance(given, Sequence)  # noqa: S101 - what a parser puts into the slot
        groups = [Group(given, [one] * len(given)) for one in joined]
        affected += (yield from insert_groups(course, along.insert, groups, values)).affected
    return affected


def _delete(course: Course, step: DeleteSteps, values: Sequence[object]) -> Script[Written]:
    rows = yield from _changed(course, step, step.change, values)
    _check(len(rows), step.plan.exactly, step.plan.most)
    if not step.read:
        return Written(len(rows), (), ())
    width = sum(1 for _ in step.table.stored)
    given = [*values, *course.backend.image_values(rows, width)]
    return Written(len(rows), (yield from _bodies(course, step.read, given)), ())


def _expect(course: Course, step: ExpectSteps, values: Sequence[object]) -> Script[Written]:
    seen = values[step.plan.slot]
    keys = yield (step.find.text, step.find.bind(values))
    if not keys:
        raise Outdated(there=False)
    if seen is not None:
        [body] = yield from _read(course, (step.read,), values, keys, len(keys[0]))
        assert isinstance(seen, Collection)  # noqa: S101 - what a parser puts into the slot
        if digest(body) not in seen:
            raise Outdated(there=True)
    return Written(0, (), ())


def digest(rows: str) -> str:
    """What tells two states of a row apart.

    :param rows: JSON text of all its stored columns, in an array, as a read of ``AllColumns`` gives it.
    :returns: twelve characters of base64url.
    """
    return urlsafe_b64encode(blake2b(rows.encode(), digest_size=9).digest()).decode()


def _changed(
    course: Course, step: UpdateSteps | DeleteSteps, statement: Statement, values: Sequence[object]
) -> Script[Sequence[Row]]:
    orm = course.orm
    parameters = statement.bind(values)
    try:
        if orm is not None and isinstance(step, UpdateSteps) and orm.ways.updates(step):
            return orm.update(step, values)
        if orm is not None and isinstance(step, DeleteSteps) and orm.ways.deletes(step):
            return orm.delete(step, values)
        return (yield (statement.text, parameters))
    except DatabaseError as error:
        # SQLite does not say which foreign key does not hold, nor which values are there already.
        given = _given(step.plan.assignments, values) if isinstance(step, UpdateSteps) else None
        if error.sqlstate == "23503" and error.constraint is None:
            raise (yield from explain_foreign_key(course.catalog, course.backend, step, given, values, error)) from None
        if error.sqlstate == "23505" and given is not None:
            explain_unique(step.table, given, error)
        raise


def _given(assignments: Sequence[Assignment], values: Sequence[object]) -> dict[str, object]:
    plain = (item for item in assignments if item.operator == "set" and item.param is not None)
    return {item.column.name: values[item.param.slot] for item in plain if item.param is not None}


def _read(
    course: Course, statements: Sequence[Statement], values: Sequence[object], keys: Sequence[Row], width: int
) -> Script[tuple[str, ...]]:
    if not statements:
        return ()
    return (yield from _bodies(course, statements, [*values, *course.backend.key_values(keys, width)]))


def _bodies(course: Course, statements: Sequence[Statement], values: Sequence[object]) -> Script[tuple[str, ...]]:
    bodies = []
    for statement in statements:
        rows = yield (statement.text, statement.bind(values))
        bodies.append(finished(str(rows[0][0]), statement.codecs, course.backend.dialect))
    return tuple(bodies)


def _check(count: int, exactly: int | None, most: int | None = None) -> None:
    if exactly is not None and count != exactly:
        raise WrongRowCount(count)
    if most is not None and count > most:
        raise WrongRowCount(count, most=True)
