"""Streaming subscriptions: each listener has a cursor of its own (``docs/dialects/graphql.md`` section 13.2)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import orjson

from gemel.auth import Actor
from gemel.errors import DatabaseError
from gemel.request import Written
from gemel.serve import Engine
from gemel_graphql.cache import Plan
from gemel_graphql.live.outage import is_passing
from gemel_graphql.parse.streams import STEP
from gemel_graphql.respond.frame import ReadFrame


async def stream_answers(
    engine: Engine, plan: Plan, values: Sequence[object], actor: Actor, seconds: float
) -> AsyncGenerator[bytes]:
    """Batches of rows behind the cursor; whenever there are none it is looked again.

    :param seconds: between two looks.
    :raises Exception: as ``Engine.read``; it is the end.
    """
    stream, held = plan.stream, list(values)
    assert stream is not None  # noqa: S101 - asked of streams alone
    assert isinstance(plan.frame, ReadFrame)  # noqa: S101 - a subscription reads
    begun = False
    while True:
        try:
            [steps] = await engine.read(stream.steps, held, actor)
            found = orjson.loads(steps.body)
            if found:
                held[stream.last] = Written(found[-1][STEP])
                rows = await engine.read(plan.run, held, actor)  # type: ignore[arg-type]
        except DatabaseError as error:
            if not begun or not is_passing(error):
                raise
            found = []
        begun = True
        if not found:
            await asyncio.sleep(seconds)
            continue
        batch = plan.frame.fill(rows)
        del rows  # neither is kept until the next rows are there
        yield batch
        del batch
        held[stream.cursor] = held[stream.last]
