"""The worker tells the app's ``@committed`` hooks what was committed (docs/hooks.md)."""

import asyncio
import threading

import structlog

from gemel.app import load_app
from gemel.errors import GemelError
from gemel.outbox import deliver_until
from gemel.serve import open_engine
from gemel.settings import Settings

GRACE = 10.0
"""Seconds that a hook under way is given when the worker stops; what it has not ended is told again."""


class OutboxThread:
    """A thread with a loop of its own, in which hooks run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def stop(self) -> None:
        """End, once the hook under way has come back."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(GRACE)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._deliver())
        except GemelError as error:  # the app cannot be imported: backups are taken all the same
            structlog.get_logger("gemel.outbox").error("outbox.not_started", error=error.message)
        except Exception:
            structlog.get_logger("gemel.outbox").exception("the outbox has ended, no hook is told anything")
        finally:
            self._loop.close()

    async def _deliver(self) -> None:
        async with open_engine(self._settings, load_app(self._settings.app)) as engine:
            await deliver_until(engine, self._stop)
