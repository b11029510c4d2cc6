"""Whoever makes a large request ready gives way often: counted in calls of functions, which no machine is slow at."""

import sys
import threading
from types import FrameType
from typing import Any

import pytest
from bombs import bombs, largest

from front_door import both_services
from gemel import apart
from gemel.app import App
from gemel.settings import Settings

MOST = 60_000
"""Calls between two turns: a few milliseconds, most of them those of ``urllib.parse.quote`` in a long query string."""


class Clock:
    """In place of the module ``time``: asked by whoever gives way, and at the begin of a thread's work."""

    def __init__(self) -> None:
        self.calls = self.longest = 0

    def perf_counter(self) -> float:
        """Always the same, so that no turn is ever over."""
        if threading.current_thread() is threading.main_thread():
            return 0.0  # an answer was given
        self.longest = max(self.longest, self.calls)
        self.calls = 0
        sys.setprofile(self._count)
        return 0.0

    def _count(self, _frame: FrameType, event: str, _arg: Any) -> None:
        self.calls += event in ("call", "c_call")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(apart, "time", found)
    return found


LARGE = [bomb for bomb in (*bombs(), *largest(0)) if len(bomb.text or bomb.path) > 10_000 and len(bomb.path) < 65_000]


def test_large_requests_give_way(chinook_read: Settings, chinook_app: App, clock: Clock) -> None:
    headers = {"x-hasura-role": "anonymous", "content-type": "application/json"}
    longest: dict[str, int] = {}
    with both_services(chinook_read, chinook_app, base_url="http://localhost", headers=headers) as services:
        runner, _, graphql, rest = services
        for bomb in LARGE:
            client = rest if bomb.path.startswith("/rest") else graphql
            clock.calls = clock.longest = 0
            runner.run(client.request(bomb.method, bomb.path, content=bomb.text))
            longest[f"{bomb.name} {bomb.path[:8]}"] = max(clock.longest, clock.calls)
    assert {name: calls for name, calls in longest.items() if calls >= MOST} == {}
    assert len(longest) == len(LARGE) > 20
