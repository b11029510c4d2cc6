"""The way of a request: make it ready, run it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from structlog.contextvars import get_contextvars

from gemel.app import App
from gemel.auth import NOBODY, Actor
from gemel.auth.actor import ADMIN
from gemel.cache import BoundedCache
from gemel.catalog import Catalog
from gemel.errors import DatabaseError, GemelError, OneOfMany, WrongRowCount
from gemel.execute import Database, Once, Reply, Written, perform
from gemel.execute import once as run_once
from gemel.execute.acting import acting, asking
from gemel.execute.audited import audited
from gemel.execute.database import Row, Script, for_clients
from gemel.execute.insert import Course
from gemel.execute.sessions import Sessions
from gemel.execute.ways import Ways
from gemel.execute.whole import insert_whole
from gemel.functions import Function, FunctionFailed, Outcome, accept_all, calling
from gemel.plan.size import check_cost
from gemel.policy import Accesses, told
from gemel.request import Mutation, Query
from gemel.serve.own_tables import OwnTables
from gemel.serve.prepared import (
    Answer,
    Asked,
    Many,
    Prepared,
    PreparedWrite,
    prepare_mutation,
    prepare_query,
)
from gemel.settings import Settings
from gemel.sql import Statement, finished, planned_rows

CACHED: Final = 4096
"""Prepared requests that are kept, of reads and of writes each, as long as they are no more than these bytes."""
READ_BYTES: Final = 24 << 20
WRITE_BYTES: Final = 12 << 20
ROOT_COLUMNS = 3

Result = TypeVar("Result")
Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made", Prepared, PreparedWrite)
Ask = Callable[[Statement, Sequence[object]], Awaitable[Row]]
"""Gives the one row of a statement."""
Named = Callable[[Outcome], tuple[Prepared, Sequence[object]]]
"""Gives the question of the rows that a function named, with its values."""


@dataclass
class _Place:
    """Which of several mutations is under way; ``None``: none of them."""

    number: int | None = None


class Engine:
    """One served app on one database."""

    def __init__(self, settings: Settings, app: App, catalog: Catalog, database: Database) -> None:
        self.settings, self.app, self.catalog = settings, app, catalog
        self.access = Accesses(catalog, app.policies)
        self.own_tables = OwnTables(settings, database)
        self._database = database
        self._acting = settings.database_roles
        self._queries: BoundedCache[tuple[str, Query], Prepared] = BoundedCache(CACHED, READ_BYTES)
        self._mutations: BoundedCache[tuple[str, Mutation], PreparedWrite] = BoundedCache(CACHED, WRITE_BYTES)
        self._ways = Ways(app.hooks)
        self._sessions = Sessions(settings, catalog, database, self._ways)

    def prepare(self, role: str, query: Query) -> Prepared:
        """Plan and compile a query, or find it in the cache.

        :raises PlanError: it means nothing here, or the role may not.
        :raises LimitExceeded: it is more than the role may ask for.
        :raises Unsupported: the database cannot say it.
        """

        def make() -> Prepared:
            return prepare_query(self.access.of(role), self._database.backend, query, acting=self._acting)

        return _kept(self._queries, (role, query), make)

    async def read(self, prepared: Prepared, values: Sequence[object], actor: Actor = NOBODY) -> tuple[Answer, ...]:
        """Run a prepared query in one snapshot; one answer per root.

        :param values: of the slots.
        :param actor: who asks, for the policies that are in the plan.
        :raises DatabaseError: the database refused, or a value does not fit its column.
        :raises MissingVariable: a policy needs to know more of the actor.
        :raises LimitExceeded: with these values it is more than the role may ask for.
        """
        seconds = prepared.access.limits.timeout
        return await self._answers(prepared, values, actor, partial(self._row, actor, seconds))

    async def _answers(
        self, prepared: Prepared, values: Sequence[object], actor: Actor, ask: Ask
    ) -> tuple[Answer, ...]:
        values = _complete(prepared, values, actor)
        row = await ask(prepared.statement, values)
        if prepared.statement.codecs:  # the app's Python may take its time
            row = await asyncio.to_thread(self._finished, prepared.statement, row)
        if prepared.roots == 1:
            total = row[2]
            if prepared.estimate is not None and prepared.estimate.needed(total):
                explained = await ask(prepared.estimate.statement, values)
                total = max(total or 0, planned_rows(explained[0]))
            return (Answer(row[0], row[1], total),)
        starts = range(0, prepared.roots * ROOT_COLUMNS, ROOT_COLUMNS)
        return tuple(Answer(row[start], row[start + 1], row[start + 2]) for start in starts)

    async def _row(self, actor: Actor, seconds: float | None, statement: Statement, values: Sequence[object]) -> Row:
        if not self._acting:
            return await self._database.read(statement, values, seconds)
        return await self._database.write(lambda: acting(actor, asking(statement, values)), seconds=seconds)

    def _finished(self, statement: Statement, row: Row) -> Row:
        dialect = self._database.backend.dialect
        return [finished(cell, statement.codecs, dialect) if isinstance(cell, str) else cell for cell in row]

    def prepare_write(self, role: str, mutation: Mutation) -> PreparedWrite:
        """Plan and compile a mutation, or find it in the cache.

        :raises PlanError, LimitExceeded, Unsupported: as ``prepare``.
        """

        def make() -> PreparedWrite:
            return prepare_mutation(self.access.of(role), self._database.backend, self._ways, mutation)

        return _kept(self._mutations, (role, mutation), make)

    async def write(
        self, prepared: PreparedWrite, values: Sequence[object], *, actor: Actor = NOBODY, keep: bool = True
    ) -> tuple[Written, ...]:
        """Run a prepared mutation in one transaction; one result per write.

        :param values: of the slots.
        :param actor: who asks, for policies and hooks.
        :param keep: otherwise all is rolled back once it is done.
        :raises DatabaseError, WrongRowCount, Mismatch: nothing was kept.
        :raises Refused: a hook did; nothing was kept.
        """
        [written] = await self.write_all([(prepared, values)], actor=actor, keep=keep)
        return written

    async def write_all(self, asked: Sequence[Asked], *, actor: Actor = NOBODY, keep: bool = True) -> Many:
        """Run several prepared mutations, each with its values, in one transaction.

        :raises OneOfMany: one failed, of several; nothing was kept.
        :raises DatabaseError, WrongRowCount, Mismatch, Outdated: as ``write``.
        """
        asked = [(prepared, _complete(prepared, values, actor)) for prepared, values in asked]
        simple = len(asked) == 1 and keep and not self._acting and not self._is_audited(actor)
        if simple and (written := await self._whole(*asked[0])) is not None:
            return ((written,),)
        at = _Place()
        return await self._run(asked, at, self._courses(asked, at, actor), actor, keep=keep)

    async def write_once(
        self, asked: Sequence[Asked], once: Once, reply: Callable[[Many], Reply], *, actor: Actor = NOBODY
    ) -> Reply:
        """The same, and keep the answer: when it is asked for again it is given, and nothing is done.

        :param reply: makes the answer of what came of the mutations.
        :raises Reused: the key was used for another request.
        """
        at, postgresql = _Place(), self.settings.is_postgresql
        asked = [(prepared, _complete(prepared, values, actor)) for prepared, values in asked]
        work = self._courses(asked, at, actor)

        def make(course: Course) -> Script[Reply]:
            return run_once(once, datetime.now(UTC), work(course), reply, postgresql=postgresql)

        return await self._run(asked, at, make, actor)

    async def _whole(self, prepared: PreparedWrite, values: Sequence[object]) -> Written | None:
        if prepared.insert is None or not prepared.whole:
            return None
        try:
            seconds = prepared.access.limits.timeout
            return await insert_whole(self._database, prepared.insert, prepared.whole, values, seconds)
        except DatabaseError as error:
            told(prepared.access, error)
            raise

    async def _run(
        self,
        asked: Sequence[Asked],
        at: _Place,
        make: Callable[[Course], Script[Result]],
        actor: Actor,
        *,
        keep: bool = True,
    ) -> Result:
        """Straight on a connection, or in a session if rows go through objects.

        :param at: which of them is under way, by ``make``.
        """
        hooked = [prepared for prepared, _ in asked if prepared.hooked]
        limits = [prepared.access.limits.timeout for prepared, _ in asked]
        seconds = min((limit for limit in limits if limit is not None), default=None)
        try:
            if not hooked:
                course = Course(self.catalog, self._database.backend)
                return await self._database.write(lambda: make(course), keep=keep, seconds=seconds)
            return await self._sessions.write(make, hooked[0].statements, actor, keep=keep, seconds=seconds)
        except GemelError as error:
            if isinstance(error, DatabaseError):
                told(asked[at.number or 0][0].access, error)
            if len(asked) == 1 or at.number is None:
                raise
            raise OneOfMany(at.number, error) from error

    def _courses(self, asked: Sequence[Asked], at: _Place, actor: Actor) -> Callable[[Course], Script[Many]]:
        """Makes the work of mutations; it may be made in another thread, and more than once."""
        watched = self._is_audited(actor)
        trace = get_contextvars().get("trace_id") if watched else None

        def make(course: Course) -> Script[Many]:
            work = self._work(course, asked, at)
            if self._acting:
                work = acting(actor, work)
            if watched:
                steps = [prepared.steps for prepared, _ in asked]
                work = audited(work, steps, actor, trace, postgresql=self.settings.is_postgresql)
            return work

        return make

    def _is_audited(self, actor: Actor) -> bool:
        return self.settings.audit_admin and actor.role == ADMIN

    def _work(self, course: Course, asked: Sequence[Asked], at: _Place) -> Script[Many]:
        done = []
        for at.number, (prepared, values) in enumerate(asked):
            done.append((yield from perform(course, prepared.steps, values)))
        at.number = None
        return tuple(done)

    @asynccontextmanager
    async def session(self, *, writes: bool = False, seconds: float | None = None) -> AsyncIterator[AsyncSession]:
        """A session for the app's own code; commits at the end of the block, rolls back on an exception.

        :param writes: it will write: on SQLite, which has one writer, it waits for its turn before it reads.
        :param seconds: that a statement may take, if fewer than ``statement_timeout``.
        """
        async with self._sessions.open(writes=writes, seconds=seconds) as session:
            yield session

    async def call(
        self,
        called: Function,
        given: Mapping[str, object],
        actor: Actor = NOBODY,
        *,
        named: Named | None = None,
        exactly: int | None = None,
        most: int | None = None,
        keep: bool = True,
    ) -> tuple[Outcome, Answer | None]:
        """Call a function of the app, and read the rows that it named.

        Of a function that writes they are read in its transaction, which is undone if they cannot be.

        :param given: values of its arguments, as a client gave them.
        :param named: gives the question of those rows; without it they are not read.
        :param exactly: roll back unless so many rows are given.
        :param most: roll back if it gives more.
        :param keep: otherwise all is rolled back once it is done.
        :raises DatabaseError: an argument does not fit, or the database refused a value.
        :raises WrongRowCount, FunctionFailed, GemelError: see ``gemel.functions.calling``.
        """
        answer: Answer | None = None
        seconds = self.access.of(actor.access).limits.timeout
        sessions = partial(self.session, writes=called.writes, seconds=seconds)
        try:
            async with calling(called, accept_all(called.parameters, given), sessions) as (outcome, session):
                rows = len(outcome.keys) + len(outcome.values)
                if most is not None and rows > most:
                    raise WrongRowCount(rows, most=True)
                if named is not None and called.writes and session is not None:
                    ask = partial(self._sessions.ask, session, actor if self._acting else None)
                    (answer,) = await self._answers(*named(outcome), actor, ask)
                    rows = answer.rows
                if exactly is not None and rows != exactly:
                    raise WrongRowCount(rows)
                if called.writes and session is not None and not keep:
                    await self._sessions.undo(session)
        except FunctionFailed as error:
            refused = for_clients(self._database.explain(error.__cause__)) if error.__cause__ is not None else None
            if refused is not None:
                raise refused from error
            raise
        if named is not None and answer is None:
            (answer,) = await self.read(*named(outcome), actor)
        return outcome, answer

    async def close(self) -> None:
        """Close all connections."""
        await self._database.close()
        await self._sessions.close()


def _kept(known: BoundedCache[Key, Made], key: Key, make: Callable[[], Made]) -> Made:
    """What was made of the same before, or is made now and kept."""
    found = known.get(key)
    if found is None:
        found = make()
        known.put(key, found, found.size)
    return found


def _complete(prepared: Prepared | PreparedWrite, values: Sequence[object], actor: Actor) -> Sequence[object]:
    """The values of a request behind the claims of who asks.

    :raises LimitExceeded: with these values it is more than the role may ask for.
    """
    complete = (actor.claims, *values)
    if prepared.costs:
        check_cost(prepared.costs, prepared.access.limits, complete)
    return complete
