"""Live queries: asked again and again, once for all who ask the same (``docs/dialects/graphql.md`` section 13.1)."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Final

import orjson

from gemel.auth import Actor
from gemel.serve import Engine, Prepared
from gemel_graphql.cache import Plan
from gemel_graphql.live.outage import is_passing
from gemel_graphql.live.stream import stream_answers
from gemel_graphql.respond.frame import ReadFrame

Key = tuple[int, str, bytes]

LARGE: Final = 65_536
"""Bytes of an answer from which on it is not kept: who comes later waits for the next look."""


async def _mark(answer: bytes) -> bytes:
    """What tells whether an answer is another."""
    return answer if len(answer) <= LARGE else await asyncio.to_thread(lambda: hashlib.blake2b(answer).digest())


class _Poll:
    """One plan with its values, and the newest answer."""

    def __init__(self, engine: Engine, plan: Plan, values: Sequence[object], actor: Actor, seconds: float) -> None:
        self.plan = plan  # kept, so that nobody else is given its identity
        self.listeners = 0
        self.version = 0
        self.body: bytes | None = None
        """``None`` also when it is large and those who waited have taken it."""
        self.error: Exception | None = None
        self.changed = asyncio.Condition()
        self.task = asyncio.create_task(self._run(engine, values, actor, seconds))

    async def _run(self, engine: Engine, values: Sequence[object], actor: Actor, seconds: float) -> None:
        assert isinstance(self.plan.frame, ReadFrame)  # noqa: S101 - a subscription reads
        mark: bytes | None = None
        while True:
            try:
                body = self.plan.frame.fill(await engine.read(self.plan.run, values, actor))  # type: ignore[arg-type]
            except Exception as error:
                if self.version and is_passing(error):
                    await asyncio.sleep(seconds)
                    continue
                async with self.changed:
                    self.error = error
                    self.changed.notify_all()
                return
            before, mark = mark, await _mark(body)
            if mark != before or len(body) > LARGE:
                await self._tell(body, another=mark != before)
            del body
            await asyncio.sleep(seconds)

    async def _tell(self, body: bytes, *, another: bool) -> None:
        async with self.changed:
            self.body, self.version = body, self.version + another
            self.changed.notify_all()
        if len(body) > LARGE:
            await asyncio.sleep(0)  # who waited is in front of us now
            async with self.changed:
                self.body = None


def _known(plan: Plan, actor: Actor) -> list[tuple[str, str]]:
    """What of the actor the answer depends on, beside the role."""
    personal = isinstance(plan.run, Prepared) and plan.run.personal
    return sorted(actor.claims.items()) if personal else []


class Polls:
    """The live queries of one instance."""

    def __init__(self, engine: Engine, seconds: float) -> None:
        """:param seconds: between two looks."""
        self._engine, self._seconds = engine, seconds
        self._polls: dict[Key, _Poll] = {}

    def __len__(self) -> int:
        return len(self._polls)

    async def answers(self, plan: Plan, values: Sequence[object], actor: Actor) -> AsyncGenerator[bytes]:
        """The answer now, and again whenever it is another. Of several changes between two looks only the last shows.

        :raises Exception: as ``Engine.read``; it is the end.
        """
        if plan.stream is not None:
            async with aclosing(stream_answers(self._engine, plan, values, actor, self._seconds)) as answers:
                async for answer in answers:
                    yield answer
            return
        key: Key = (id(plan), actor.role, orjson.dumps((_known(plan, actor), values), default=str))
        poll = self._polls.get(key)
        if poll is None or poll.error is not None:
            poll = self._polls[key] = _Poll(self._engine, plan, values, actor, self._seconds)
        poll.listeners += 1
        seen = 0
        try:
            while True:
                async with poll.changed:
                    while poll.error is None and (poll.version <= seen or poll.body is None):
                        await poll.changed.wait()
                    newest, seen = poll.body, poll.version
                if poll.error is not None:
                    raise poll.error
                assert newest is not None  # noqa: S101 - just seen
                yield newest
                del newest
        finally:
            poll.listeners -= 1
            if not poll.listeners:
                if self._polls.get(key) is poll:
                    del self._polls[key]
                poll.task.cancel()
                with suppress(asyncio.CancelledError):
                    await poll.task
