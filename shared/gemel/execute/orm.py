"""Writes through objects, in a session, with the app's hooks around (``docs/hooks.md``).

All of it is synchronous and runs within SQLAlchemy's ``AsyncSession.run_sync``; an ``async def`` hook is awaited from
there.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_dict
from sqlalchemy.util import await_only

from gemel.catalog import Column, Table
from gemel.catalog.types import NUMBERS
from gemel.errors import DatabaseError, Mismatch, Refused
from gemel.execute.database import Row
from gemel.execute.explained import Explain, Explained
from gemel.execute.ways import Ways
from gemel.hooks import Hook, Verb
from gemel.plan.write_model import ConflictPlan
from gemel.sql import Backend, Batch, DeleteSteps, InsertedSteps, Returned, ShapeSteps, Statement, UpdateSteps
from gemel.sql.orm import delete_by_key, given_values, meets, new_values, preset_values, returned_texts, written_columns
from gemel.sql.read_back import key_columns

Result = TypeVar("Result")
Tell = Callable[[Hook, Table, Verb, Mapping[str, Any], Mapping[str, Any] | None, Mapping[str, Any] | None], None]
CHUNK = 200
"""Rows that are loaded by one statement."""


@dataclass
class Orm:
    """The session of one mutation."""

    ways: Ways
    backend: Backend
    session: Session
    outer: AsyncSession
    """The same, for ``async def``."""
    statements: MutableMapping[object, Any]
    """Statements by step, kept with what was prepared."""
    most: int
    """Rows that one write may take through objects."""
    explain: Explain
    """What an error of the driver says; ``None`` for what is not one."""
    tell: Tell
    """Records that a ``@committed`` hook has to be told."""

    # --- statements ----------------------------------------------------------

    def execute(self, text: str, parameters: Sequence[object]) -> Sequence[Row]:
        """Rows of a statement of ours.

        :raises DatabaseError: it was refused.
        """
        with self.explained():
            result = self.session.connection().exec_driver_sql(text, tuple(parameters))
            return result.fetchall() if result.returns_rows else []

    def explained(self) -> Explained:
        """Within, errors of the driver are raised as ours."""
        return Explained(self.explain)

    def _kept(self, key: object, make: Callable[[], Result]) -> Result:
        found = self.statements.get(key)
        if found is None:
            found = self.statements[key] = make()
        return found

    def _read(self, statement: Statement, values: Sequence[object], columns: Sequence[Column]) -> list[list[Any]]:
        """Rows as Python values of the columns' types."""
        with self.explained():
            result = self.session.connection().exec_driver_sql(statement.text, tuple(statement.bind(values)))
            codes = [item[1] for item in result.cursor.description]
            rows = result.fetchall()
        readers = [self._reader(column, code) for column, code in zip(columns, codes, strict=True)]
        return [[read(value) for read, value in zip(readers, row, strict=True)] for row in rows]

    def _reader(self, column: Column, code: object) -> Callable[[Any], Any]:
        declared: Any = column.expression.type
        dialect = self.session.connection().dialect
        own = declared if isinstance(declared, sa.types.TypeDecorator) else declared.dialect_impl(dialect)
        process = own.result_processor(dialect, code)
        numeric = column.type.stored(dialect).kind in NUMBERS

        def read(value: Any) -> Any:
            if numeric and isinstance(value, str):  # SQLite's affinity would have done this in the column
                value = float(value) if set(value) & set(".eEnN") else int(value)
            return value if process is None else process(value)

        return read

    # --- hooks ---------------------------------------------------------------

    def _call(self, moment: Any, table: Table, verb: Verb, objects: Sequence[Any]) -> None:
        for hook in self.ways.hooks.of(moment, table.mapper, verb):
            for item in objects:
                self._call_one(hook, item)

    def _call_one(self, hook: Hook, item: Any) -> None:
        given = ((self.outer if hook.is_async else self.session),) if hook.takes_session else ()
        with self.session.no_autoflush:
            result = hook.call(item, *given)
            if hook.is_async:
                await_only(result)

    def _flush(self, objects: Sequence[Any]) -> None:
        with self.explained():
            self.session.flush()
        for item in objects:  # what the database has made of it, for hooks that cannot load it
            state: Any = sa.inspect(item)
            if state.expired_attributes:
                self.session.refresh(item)

    def _after(self, table: Table, verb: Verb, objects: Sequence[Any], old: Sequence[Mapping[str, Any] | None]) -> None:
        self._call("after", table, verb, objects)
        with self.explained():
            self.session.flush()
        for hook in self.ways.hooks.of("committed", table.mapper, verb):
            for item, before in zip(objects, old, strict=True):
                now = None if verb == "delete" else self._values(table, item)
                shown = now or before or {}
                key = {column.name: shown.get(column.name) for column in key_columns(table)}
                self.tell(hook, table, verb, key, before, now)

    def _values(self, table: Table, item: Any) -> dict[str, Any]:
        return {column.name: getattr(item, column.attribute) for column in table.stored}

    def _old(self, table: Table, verb: Verb, item: Any) -> dict[str, Any] | None:
        """What was stored before; asked before the flush."""
        if not self.ways.hooks.of("committed", table.mapper, verb):
            return None
        found, state = {}, sa.inspect(item)
        for column in table.stored:
            history = state.attrs[column.attribute].history
            found[column.name] = history.deleted[0] if history.deleted else getattr(item, column.attribute)
        return found

    def _set(self, table: Table, item: Any, columns: Sequence[Column], values: Sequence[Any]) -> None:
        for column, value in zip(columns, values, strict=True):
            try:
                setattr(item, column.attribute, value)
            except (ValueError, AssertionError) as error:  # what a @validates raises of a value that it does not like
                text = str(error) or f"the value of {column.name} is not valid"
                raise Refused(text, details=f"It is the column {column.name!r} of {table.name!r}.") from error

    def _nulls(self, item: Any, columns: Sequence[Column]) -> None:
        """A null that was given is one: SQLAlchemy would take the default in its place, or a document's own null."""
        held = instance_dict(item)
        for column in columns:
            source: Any = column.expression
            replaced = source.default is not None or source.server_default is not None
            if held.get(column.attribute, 0) is None and (replaced or source.type.should_evaluate_none):
                held[column.attribute] = sa.null()

    # --- writes --------------------------------------------------------------

    def insert(self, steps: InsertedSteps, step: ShapeSteps, batch: Batch, values: Sequence[object]) -> "InsertedRow":
        """Insert the only row of a batch, or change the row that it meets."""
        table, conflict = steps.plan.table, steps.plan.conflict
        columns = written_columns(step.plan)
        if columns:
            given = self._kept((step, "given"), lambda: given_values(self.backend, table, step.plan))
            [row] = self._read(given, [*values, batch], columns)
        else:
            row = []
        new: Any = table.mapper.class_manager.new_instance()
        self._set(table, new, columns, row)
        self._call("before", table, "insert", [new])
        self._nulls(new, columns)
        self._forget_same(table, new)
        if conflict is not None:
            there = self._tried(table, conflict, new)
            if there is not None:
                given_columns = (*step.plan.columns, *step.plan.handed)
                return self._merge(steps, conflict, there, new, given_columns, values)
        else:
            with self._undoable():
                self.session.add(new)
                self._flush([new])
        self._after(table, "insert", [new], [None])
        return InsertedRow(self._returned(steps, new, fresh=True), fresh=True)

    def _forget_same(self, table: Table, new: Any) -> None:
        """The session holds one object of a row, and one of this row may be there from a step before."""
        key = table.mapper.identity_key_from_instance(new)
        there = self.session.identity_map.get(key)
        if there is not None:
            with self.explained():
                self.session.flush()
            self.session.expunge(there)

    def _met(self, table: Table, conflict: ConflictPlan, new: Any) -> Any | None:
        """The row that is there already, locked."""
        wanted = [(column.attribute, getattr(new, column.attribute)) for column in conflict.columns]
        if any(value is None for _, value in wanted):
            return None
        tests = [getattr(table.mapper.class_, name) == value for name, value in wanted]
        with self.explained(), self.session.no_autoflush:
            query = sa.select(table.mapper.class_).where(*tests).with_for_update()
            return self.session.scalars(query.execution_options(populate_existing=True)).unique().one_or_none()

    def _tried(self, table: Table, conflict: ConflictPlan, new: Any) -> Any | None:
        """Insert a row; gives the one that is there already, if so. As in SQL, what is inserted has to be valid before
        it is looked whether it meets another."""
        try:
            with self.session.begin_nested():
                self.session.add(new)
                self._flush([new])
        except DatabaseError as error:
            if error.sqlstate != "23505":
                raise
            there = self._met(table, conflict, new)
            if there is None:  # it met another key than that of the conflict
                raise
            return there
        return None

    def _merge(
        self, steps: InsertedSteps, conflict: ConflictPlan, there: Any, new: Any, columns: Sequence[Column],
        values: Sequence[object],
    ) -> "InsertedRow":  # fmt: skip
        table, presets = steps.plan.table, [one.column for one in conflict.presets]
        update = [one for one in (columns if conflict.update is None else conflict.update) if one not in presets]
        key = self._returned(steps, there, fresh=False)[: steps.returned.key]
        if not update or not self._meets(steps, conflict, key, values):
            return InsertedRow(None, fresh=False)
        with self._undoable():
            self._set(table, there, update, [getattr(new, column.attribute) for column in update])
            self._set(table, there, presets, self._preset(steps, conflict, key, values))
            old = self._change(table, [there], [*update, *presets])
        self._after(table, "update", [there], old)
        return InsertedRow(self._returned(steps, there, fresh=False), fresh=False)

    def _preset(
        self, steps: InsertedSteps, conflict: ConflictPlan, key: Row, values: Sequence[object]
    ) -> Sequence[Any]:
        if not conflict.presets:
            return ()
        table = steps.plan.table
        found = self._kept((steps, "presets"), lambda: preset_values(self.backend, table, conflict.presets))
        bound = [*values, *self.backend.key_values([key], len(key))]
        return self._read(found, bound, [one.column for one in conflict.presets])[0]

    def _meets(self, steps: InsertedSteps, conflict: ConflictPlan, key: Row, values: Sequence[object]) -> bool:
        where = conflict.where
        if where is None:
            return True
        test = self._kept((steps, "meets"), lambda: meets(self.backend, steps.plan.table, where))
        return bool(self.execute(test.text, test.bind([*values, *self.backend.key_values([key], len(key))])))

    def update(self, step: UpdateSteps, values: Sequence[object]) -> Sequence[Row]:
        """Change rows; gives of each what the step's ``returned`` says."""
        table, columns = step.table, [item.column for item in step.plan.assignments]
        objects, new = self._load(step, columns, values)
        with self._undoable():
            for item, row in zip(objects, new, strict=True):
                self._set(table, item, columns, row)
            old = self._change(table, objects, columns)
        self._after(table, "update", objects, old)
        return [self._given_back(table, step.returned, item)[: step.returned.new] for item in objects]

    def _change(self, table: Table, objects: Sequence[Any], columns: Sequence[Column]) -> list[dict[str, Any] | None]:
        self._call("before", table, "update", objects)
        old = [self._old(table, "update", item) for item in objects]
        for item in objects:
            self._nulls(item, columns)
        self._flush(objects)
        return old

    def _undoable(self) -> AbstractContextManager[object]:
        """Within, a refusal leaves the transaction usable: SQLite has to be asked which constraint it was."""
        return self.session.begin_nested() if self.backend.dialect.name == "sqlite" else nullcontext()

    def delete(self, step: DeleteSteps, values: Sequence[object]) -> Sequence[Row]:
        """Delete rows; gives what the step's statement gives."""
        table = step.table
        objects, _ = self._load(step, (), values)
        self._call("before", table, "delete", objects)
        old = [self._old(table, "delete", item) for item in objects]
        self._flush(objects)
        by_key: DeleteSteps = self._kept((step, "delete"), lambda: delete_by_key(self.backend, step.plan))
        width = len(key_columns(table))
        keys = [self._given_back(table, Returned(width, ()), item)[:width] for item in objects]
        bound = by_key.change.bind([*values, *self.backend.key_values(keys, width)])
        rows = self.execute(by_key.change.text, bound)
        for item in objects:
            self.session.expunge(item)
        self._after(table, "delete", objects, old)
        return rows

    def _load(
        self, step: UpdateSteps | DeleteSteps, columns: Sequence[Column], values: Sequence[object]
    ) -> tuple[list[Any], list[list[Any]]]:
        """The objects that are meant, locked, in the order of their keys, and the new values of columns of each.

        :raises Mismatch: they are too many.
        """
        table, width = step.table, len(key_columns(step.table))
        found = self.execute(step.find.text, step.find.bind(values))
        if len(found) > self.most:
            text = (
                f"{len(found)} rows of {table.name!r} would go through its hooks one by one, {self.most} are allowed:"
                " choose fewer, or raise hook_rows"
            )
            raise Mismatch("hook-rows", text, table.name)
        keys = [row[:width] for row in found]
        statement = self._kept((step, "new"), lambda: new_values(self.backend, step.plan))
        bound = [*values, *self.backend.key_values(keys, width)]
        rows = self._read(statement, bound, (*key_columns(table), *columns)) if keys else []
        objects = self._objects(table, [tuple(row[:width]) for row in rows])
        return objects, [row[width:] for row in rows]

    def _objects(self, table: Table, identities: Sequence[tuple[Any, ...]]) -> list[Any]:
        mapper = table.mapper
        attributes = [getattr(mapper.class_, column.attribute) for column in key_columns(table)]
        found: dict[tuple[Any, ...], Any] = {}
        for chunk in _chunks(identities):
            one = attributes[0].in_([key[0] for key in chunk]) if len(attributes) == 1 else None
            test = one if one is not None else sa.tuple_(*attributes).in_(chunk)
            with self.explained(), self.session.no_autoflush:
                query: sa.Select[Any] = sa.select(mapper.class_).where(test).execution_options(populate_existing=True)
                for item in self.session.scalars(query).unique():
                    key = tuple(getattr(item, column.attribute) for column in key_columns(table))
                    found[key] = item
        return [found[key] for key in identities]

    def _returned(self, steps: InsertedSteps, item: Any, *, fresh: bool) -> list[Any]:
        row = self._given_back(steps.plan.table, steps.returned, item)
        mark = [fresh] if steps.returned.marks_new else []
        return [*row[: steps.returned.new], *mark, *row[steps.returned.new :]]

    def _given_back(self, table: Table, returned: Returned, item: Any) -> list[Any]:
        """Key, further columns and the texts of the key, as a statement would give them."""
        texts: Sequence[str] = self._kept(
            (table, returned.more),
            lambda: returned_texts(self.backend, table, returned),
        )
        source: Any = table.source
        tests = [column.expression == getattr(item, column.attribute) for column in key_columns(table)]
        columns: list[Any] = [sa.literal_column(text) for text in texts]
        query = sa.select(*columns).select_from(source).where(*tests)
        with self.explained():
            return list(self.session.execute(query).one())


@dataclass(frozen=True)
class InsertedRow:
    """What came of a row that was to be inserted."""

    row: Row | None
    """As a statement would give it; ``None`` if a conflict left it alone."""
    fresh: bool
    """It was not there before."""


def _chunks(items: Sequence[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
