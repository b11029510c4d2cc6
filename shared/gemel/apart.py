"""Large requests are made ready in threads, so that others are answered meanwhile.

Python runs one thread at a time, and takes turns among those that want to run as if they were alike. Here they are
not: whoever works in a thread of :func:`in_thread` gives way to all others, by :func:`give_way` in every loop that a
large request goes through often (docs/decisions.md, 139).
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final, ParamSpec, TypeVar

from gemel.errors import GemelError

LARGE: Final = 1024
"""Size from which on a request is worth the way to a thread and back."""
TURN: Final = 0.0001
"""Seconds that a thread works before it gives way."""
PAUSE: Final = 0.0001
"""Seconds that it then sleeps, so that who wants to run can begin; it goes on when nobody does any more."""
RECENTLY: Final = 0.02
"""Seconds after an answer in which the next question is expected: it should find the way free."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


class _Turn(threading.local):
    """Of a thread."""

    began: float | None = None
    """When; ``None`` in threads that do not give way."""
    held: list[object] | None = None
    """See :func:`hold`; ``None`` in other threads."""


class _Underway:
    """A block in which somebody waits for an answer of the loop."""

    def __init__(self) -> None:
        self.on_loop = 0
        """Such blocks that do not wait for a thread of ours."""
        self.in_threads = 0
        self.ended = 0.0
        """When one did last."""

    def others(self, now: float) -> bool:
        """Whether somebody waits beside the one that a thread works for, or will soon."""
        return self.on_loop > 0 or self.in_threads > 1 or now - self.ended < RECENTLY

    def __enter__(self) -> None:
        self.on_loop += 1

    def __exit__(self, *_: object) -> None:
        self.on_loop -= 1
        self.ended = time.perf_counter()


underway: Final = _Underway()
"""To be entered with each request, so that a thread knows whether there is somebody to give way to."""
_turn: Final = _Turn()
_one: Final = threading.Lock()
"""Held by the thread whose turn it is: several large requests hold up others no longer than one."""


async def apart(size: int, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
    """What work gives.

    :param size: bytes, characters or members of what it works on.
    """
    if size <= LARGE:
        return work(*given, **named)
    return await in_thread(work, *given, **named)


async def in_thread(work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
    """What work gives, whatever its size. To be called within :data:`underway`."""
    underway.on_loop -= 1
    underway.in_threads += 1
    try:
        return await asyncio.to_thread(_by_turns, partial(work, *given, **named))
    finally:
        underway.on_loop += 1
        underway.in_threads -= 1


def _by_turns(work: Callable[[], Result]) -> Result:
    with _one:
        _turn.began, _turn.held = time.perf_counter(), []
        try:
            return work()
        except GemelError as error:  # what it came through holds on to all that was made, and the loop would free it
            error.__context__ = None
            raise error.with_traceback(None) from None
        finally:
            _let_go(_turn.held)
            _turn.began = _turn.held = None


def hold(item: Result) -> Result:
    """Give way, and keep it until the work of the thread is done; then what was held is let go one by one, the last
    first.

    Python frees a tree with its root in one go, which takes milliseconds of a large one and stops everyone. If its
    nodes are held as they are made, those below before those above, each is freed by itself.
    """
    if _turn.held is not None:
        _turn.held.append(item)
        give_way()
    return item


def _let_go(held: list[object]) -> None:
    while held:
        held.pop()
        give_way()


def in_turns(items: Iterable[Result]) -> Iterator[Result]:
    """The same, giving way before each."""
    for item in items:
        give_way()
        yield item


def give_way() -> None:
    """Let others run, if this is such a thread and its turn is over. Not to be called with a lock held."""
    began = _turn.began
    if began is None:
        return
    now = time.perf_counter()
    if now - began < TURN or not underway.others(now):
        return
    _one.release()
    time.sleep(PAUSE)
    _one.acquire()
    _turn.began = time.perf_counter()
