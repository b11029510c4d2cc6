"""Whoever makes a large request ready gives way often: counted in calls and objects, which no machine is slow at."""

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from bombs import bombs, largest

from front_door import both_services
from gemel import apart
from gemel.app import App
from gemel.settings import Settings

MOST_CALLS = 60_000
"""Calls between two turns: a few milliseconds, most of them those of ``urllib.parse.quote`` in a long query string."""
MOST_FREED = 5_000
"""Objects that are let go of between two turns; Python frees what hangs together in one go, and then runs no thread."""


class Clock:
    """In place of the module ``time``: asked by whoever gives way, and at the begin and end of a thread's work."""

    def __init__(self) -> None:
        self.calls = self.longest = self.freed = 0
        self._objects: int | None = None

    def begin(self) -> None:
        """Of another request."""
        self.calls = self.longest = self.freed = 0
        self._objects = None

    def perf_counter(self) -> float:
        """Always the same, so that no turn is ever over."""
        if threading.current_thread() is threading.main_thread():
            return 0.0  # an answer was given
        self.longest = max(self.longest, self.calls)
        self.calls = 0
        objects = gc.get_count()[0]
        if self._objects is not None:
            self.freed = max(self.freed, self._objects - objects)
        self._objects = objects
        sys.setprofile(self._count)
        return 0.0

    def _count(self, _frame: FrameType, event: str, _arg: Any) -> None:
        self.calls += event in ("call", "c_call")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Nothing is collected meanwhile: what is counted as young is what was made and not freed."""
    found, by_turns = Clock(), apart._by_turns

    def timed(work: Callable[[], Any]) -> Any:
        try:
            return by_turns(work)
        finally:
            found.perf_counter()

    monkeypatch.setattr(apart, "time", found)
    monkeypatch.setattr(apart, "_by_turns", timed)
    gc.collect()
    gc.disable()
    yield found
    gc.enable()


LARGE = [bomb for bomb in (*bombs(), *largest(0)) if len(bomb.text or bomb.path) > 10_000 and len(bomb.path) < 65_000]


def test_large_requests_give_way(chinook_read: Settings, chinook_app: App, clock: Clock) -> None:
    headers = {"x-hasura-role": "anonymous", "content-type": "application/json"}
    calls, freed = dict[str, int](), dict[str, int]()
    with both_services(chinook_read, chinook_app, base_url="http://localhost", headers=headers) as services:
        runner, _, graphql, rest = services
        for bomb in LARGE:
            client = rest if bomb.path.startswith("/rest") else graphql
            clock.begin()
            runner.run(client.request(bomb.method, bomb.path, content=bomb.text))
            name = f"{bomb.name} {bomb.path[:8]}"
            calls[name], freed[name] = max(clock.longest, clock.calls), clock.freed
    assert {name: count for name, count in calls.items() if count >= MOST_CALLS} == {}
    assert {name: count for name, count in freed.items() if count >= MOST_FREED} == {}
    assert len(calls) == len(LARGE) > 20
