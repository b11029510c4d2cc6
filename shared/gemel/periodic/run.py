"""Call a function of ``tasks.py``."""

import asyncio
from collections.abc import Callable

from gemel.app import App
from gemel.periodic.declare import Periodic
from gemel.serve import open_engine
from gemel.settings import Settings

LOOK_SECONDS = 0.2


async def run_periodic(settings: Settings, app: App, task: Periodic, stop: Callable[[], bool]) -> None:
    """Call it, and commit what it has written.

    :param stop: asked now and then; once it says so, an ``async def`` is cancelled. What is no ``async def`` cannot be
        ended from outside, and is waited for.
    :raises asyncio.CancelledError: it was stopped; nothing was committed.
    :raises Exception: what it raised; nothing was committed.
    """
    calling = asyncio.ensure_future(_call(settings, app, task))
    while not calling.done():
        await asyncio.wait([calling], timeout=LOOK_SECONDS)
        if stop():
            calling.cancel()
    await calling


async def _call(settings: Settings, app: App, task: Periodic) -> None:
    if not task.takes_session:
        await (task.call() if task.is_async else asyncio.to_thread(task.call))
        return
    async with open_engine(settings, app) as engine, engine.session(writes=True) as session:
        await (task.call(session) if task.is_async else session.run_sync(task.call))
