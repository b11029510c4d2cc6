"""The course of an insert: rows that these refer to first, then these, then rows that refer to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from gemel.catalog import Catalog
from gemel.errors import CheckFailed, DatabaseError, Mismatch
from gemel.execute.database import Row, Script
from gemel.execute.orm import Orm
from gemel.execute.violations import explain_missing, explain_unique
from gemel.request import NewRow
from gemel.sql import Backend, Batch, InsertedSteps, NestedSteps, ShapeSteps, Statement


@dataclass(frozen=True, slots=True)
class Course:
    """What the steps need to know beside the values."""

    catalog: Catalog
    backend: Backend
    orm: Orm | None = None
    """For writes that go through objects."""


Handed = tuple[object, ...]
"""Values of columns that a related row gives, in the form of ``Backend.key``."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are nested in one row above."""

    rows: Sequence[NewRow]
    handed: Sequence[Handed]
    """Of each row what it takes from the row above."""


@dataclass
class Inserted:
    """What came of rows that were to be inserted."""

    rows: list[Row | None] = field(default_factory=list)
    """What was given back of each; ``None`` of those that a conflict left alone, or not at all if that is not known."""
    affected: int = 0
    fresh: list[bool] = field(default_factory=list)
    """Of each row that was given back whether it was not there before."""

    @property
    def inserted(self) -> int:
        """Rows that were not there before."""
        return sum(self.fresh)


def insert_rows(
    course: Course,
    steps: InsertedSteps,
    rows: Sequence[NewRow],
    handed: Sequence[Handed],
    values: Sequence[object],
) -> Script[Inserted]:
    """Insert rows and all that is nested in them.

    :param handed: of each row what it takes from the row above.
    :param values: of the request.
    :raises Mismatch: a conflict left no row that nested rows could be related to.
    """
    work = _Work(course, steps, values)
    done = Inserted()
    complete = yield from work.before(rows, handed, done)
    for shape, numbers in _runs(rows):
        step = steps.shapes[shape]
        batch = [(*rows[number].values, *complete[number]) for number in numbers]
        at = [rows[number].at for number in numbers]
        done.rows += yield from work.run(step, Batch(batch, at), done)
    done.affected += sum(1 for row in done.rows if row is not None)
    yield from work.after(rows, done)
    yield from work.check(done)
    return done


def insert_groups(
    course: Course, steps: InsertedSteps, groups: Sequence[Group], values: Sequence[object]
) -> Script[Inserted]:
    """Insert the rows of several rows above.

    Two of those may mean the same row, which is changed by one after the other: within one statement it could not be.
    """
    conflict = steps.plan.conflict
    if conflict is None or not conflict.merges:
        groups = [Group([row for one in groups for row in one.rows], [given for one in groups for given in one.handed])]
    done = Inserted()
    for group in groups:
        found = yield from insert_rows(course, steps, group.rows, group.handed, values)
        done.rows += found.rows
        done.affected += found.affected
        done.fresh += found.fresh
    return done


def check_rows(
    course: Course, table: str, statement: Statement, rows: Sequence[Row], width: int, values: Sequence[object]
) -> Script[None]:
    """Whether rows meet what a policy asks of them.

    :param statement: gives a row if one of them does not.
    :param rows: begin with their key.
    :param width: columns of the key.
    :raises CheckFailed: one does not.
    """
    keys = course.backend.key_values([row[:width] for row in rows], width)
    if (yield (statement.text, statement.bind([*values, *keys]))):
        raise CheckFailed(table)


def key_texts(steps: InsertedSteps, rows: Sequence[Row]) -> tuple[tuple[str | None, ...], ...]:
    """The key of the only row, as it stands in a URL."""
    return tuple(tuple(row[steps.returned.texts :]) for row in rows) if len(rows) == 1 else ()


def _runs(rows: Sequence[NewRow]) -> Iterator[tuple[int, list[int]]]:
    """Rows of one shape that follow each other: the order of the rows is the order in which they are written."""
    numbers = range(len(rows))
    for shape, run in groupby(numbers, key=lambda number: rows[number].shape):
        yield shape, list(run)


@dataclass(frozen=True)
class _Work:
    course: Course
    steps: InsertedSteps
    values: Sequence[object]

    def before(self, rows: Sequence[NewRow], handed: Sequence[Handed], done: Inserted) -> Script[list[Handed]]:
        """Insert the rows that these refer to, and complete what is handed to these."""
        complete = list(handed)
        for shape, step in enumerate(self.steps.shapes):
            mine = [number for number, row in enumerate(rows) if row.shape == shape] if step.first else []
            for nested in step.first:
                groups = [Group(rows[number].nested[nested.number], [()]) for number in mine]
                found = yield from self._nested(nested, groups, done)
                places = nested.rows.returned.places(tuple(far for _, far in nested.plan.joined))
                for number, row in zip(mine, found, strict=True):
                    complete[number] = (*complete[number], *(row[place] for place in places))
        return complete

    def after(self, rows: Sequence[NewRow], done: Inserted) -> Script[None]:
        """Insert the rows that refer to these."""
        for shape, step in enumerate(self.steps.shapes):
            for nested in step.then:
                places = self.steps.returned.places(tuple(near for near, _ in nested.plan.joined))
                groups: list[Group] = []
                for number, row in enumerate(rows):
                    if row.shape != shape or not row.nested[nested.number]:
                        continue
                    above = done.rows[number]
                    if above is None:
                        raise _nothing("array", self.steps.plan.table.name, nested)
                    related = row.nested[nested.number]
                    groups.append(Group(related, [tuple(above[place] for place in places)] * len(related)))
                yield from self._nested(nested, groups, done, whole=False)

    def check(self, done: Inserted) -> Script[None]:
        """Whether the rows that are there now meet what policies ask of them.

        :raises CheckFailed: one does not.
        """
        found = [row for row in done.rows if row is not None]
        for statement, fresh in ((self.steps.breaks_insert, True), (self.steps.breaks_update, False)):
            rows = [row for row, new in zip(found, done.fresh, strict=True) if new is fresh] if statement else []
            if statement is not None and rows:
                table, width = self.steps.plan.table.name, self.steps.returned.key
                yield from check_rows(self.course, table, statement, rows, width, self.values)

    def _nested(
        self, nested: NestedSteps, groups: Sequence[Group], done: Inserted, *, whole: bool = True
    ) -> Script[list[Row]]:
        """:param whole: each of them has to be there."""
        found = yield from insert_groups(self.course, nested.rows, groups, self.values)
        done.affected += found.affected
        there = [row for row in found.rows if row is not None]
        if whole and len(there) != sum(len(group.rows) for group in groups):
            raise _nothing("object", nested.rows.plan.table.name, nested)
        return there

    def run(self, step: ShapeSteps, batch: Batch, done: Inserted) -> Script[list[Row | None]]:
        """Insert rows of one shape."""
        returned = self.steps.returned
        if self.course.orm is not None and self.course.orm.ways.inserts(self.steps):
            return (yield from self._through_objects(self.course.orm, step, batch, done))
        if step.many is not None and len(batch.rows) > 1 and not self.steps.one_by_one:
            found = yield from self._written(step, step.many, batch)
            done.fresh += [bool(row[returned.new]) if returned.marks_new else True for row in found]
            return list(found)
        given: list[Row | None] = []
        for number, row in enumerate(batch.rows):
            one = Batch((row,), batch.at[number : number + 1])
            new = not (yield from self._is_there(step, one))
            rows = yield from self._written(step, step.one, one)
            if not rows:
                given.append(None)
                continue
            done.fresh.append(bool(rows[0][returned.new]) if returned.marks_new else new)
            given.append(rows[0])
        self._check_twice(given)
        return given

    def _through_objects(self, orm: Orm, step: ShapeSteps, batch: Batch, done: Inserted) -> Script[list[Row | None]]:
        given: list[Row | None] = []
        for number, row in enumerate(batch.rows):
            one = Batch((row,), batch.at[number : number + 1])
            try:
                found = orm.insert(self.steps, step, one, self.values)
            except DatabaseError as error:
                raise (yield from self._explained(step, one, error)) from error
            given.append(found.row)
            done.fresh += [found.fresh] if found.row is not None else []
        self._check_twice(given)
        return given

    def _is_there(self, step: ShapeSteps, batch: Batch) -> Script[bool]:
        if step.there is None:
            return False
        return bool((yield (step.there.text, step.there.bind([*self.values, batch]))))

    def _check_twice(self, rows: Sequence[Row | None]) -> None:
        """What PostgreSQL says of a row that one statement would have to change twice.

        :raises DatabaseError: 21000.
        """
        conflict = self.steps.plan.conflict
        if conflict is None or not conflict.merges:
            return
        keys = [tuple(row[: self.steps.returned.key]) for row in rows if row is not None]
        if len(set(keys)) != len(keys):
            hint = (
                "Ensure that no rows proposed for insertion within the same command have duplicate constrained values."
            )
            raise DatabaseError("21000", "ON CONFLICT DO UPDATE command cannot affect row a second time", hint=hint)

    def _written(self, step: ShapeSteps, statement: Statement, batch: Batch) -> Script[Sequence[Row]]:
        parameters = statement.bind([*self.values, batch])
        try:
            return (yield (statement.text, parameters))
        except DatabaseError as error:
            raise (yield from self._explained(step, batch, error)) from None

    def _explained(self, step: ShapeSteps, batch: Batch, error: DatabaseError) -> Script[DatabaseError]:
        """SQLite does not say which foreign key does not hold, nor which values are there already."""
        names = [column.name for column in (*step.plan.columns, *step.plan.handed)]
        given = dict(zip(names, batch.rows[0], strict=True)) if len(batch.rows) == 1 else {}
        table = self.steps.plan.table
        if error.sqlstate == "23503" and error.constraint is None:
            return (yield from explain_missing(self.course.catalog, self.course.backend, table, given)) or error
        if error.sqlstate == "23505":
            explain_unique(table, given, error)
        return error


def _nothing(kind: str, table: str, nested: NestedSteps) -> Mismatch:
    text = f'cannot proceed to insert {kind} relations since insert to table "{table}" affects zero rows'
    return Mismatch("nothing-inserted", text, table, nested.plan.name)
