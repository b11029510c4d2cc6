"""Live queries: asked again and again, once for all who ask the same (``docs/dialects/graphql.md`` section 13.1)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress

import orjson

from gemel.auth import Actor
from gemel.serve import Engine, Prepared
from gemel_graphql.cache import Plan
from gemel_graphql.live.outage import is_passing
from gemel_graphql.live.stream import stream_answers
from gemel_graphql.respond.frame import ReadFrame

Key = tuple[int, str, bytes]


class _Poll:
    """One plan with its values, and the newest answer."""

    def __init__(self, engine: Engine, plan: Plan, values: Sequence[object], actor: Actor, seconds: float) -> None:
        self.plan = plan  # kept, so that nobody else is given its identity
        self.listeners = 0
        self.version = 0
        self.body = b""
        self.error: Exception | None = None
        self.changed = asyncio.Condition()
        self.task = asyncio.create_task(self._run(engine, values, actor, seconds))

    async def _run(self, engine: Engine, values: Sequence[object], actor: Actor, seconds: float) -> None:
        assert isinstance(self.plan.frame, ReadFrame)  # noqa: S101 - a subscription reads
        while self.error is None:
            try:
                body = self.plan.frame.fill(await engine.read(self.plan.run, values, actor))  # type: ignore[arg-type]
            except Exception as error:
                if self.version and is_passing(error):
                    await asyncio.sleep(seconds)
                    continue
                self.error = error
            if self.error is not None or body != self.body:
                async with self.changed:
                    self.body, self.version = (self.body if self.error else body), self.version + 1
                    self.changed.notify_all()
            await asyncio.sleep(seconds)


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
                    while poll.version <= seen:
                        await poll.changed.wait()
                if poll.error is not None:
                    raise poll.error
                seen = poll.version
                yield poll.body
        finally:
            poll.listeners -= 1
            if not poll.listeners:
                if self._polls.get(key) is poll:
                    del self._polls[key]
                poll.task.cancel()
                with suppress(asyncio.CancelledError):
                    await poll.task
