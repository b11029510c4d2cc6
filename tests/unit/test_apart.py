"""Large requests are made ready in threads, which give way."""

import asyncio
import threading
import time

import pytest

from gemel import apart as module
from gemel.apart import LARGE, apart, give_way, hold, in_thread, in_turns, underway
from gemel.errors import LimitExceeded


def test_small_requests_go_nowhere_else() -> None:
    here = threading.get_ident()
    assert asyncio.run(apart(LARGE, threading.get_ident)) == here
    assert asyncio.run(apart(LARGE + 1, threading.get_ident)) != here


def test_who_works_elsewhere_is_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def slept(_: float) -> None:
        raise AssertionError("it has nobody to give way to")

    monkeypatch.setattr(module, "PAUSE", 0.0)
    monkeypatch.setattr(module, "TURN", 0.0)
    monkeypatch.setattr(time, "sleep", slept)
    give_way()
    assert list(in_turns("ab")) == ["a", "b"]


def test_threads_take_turns_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN", 0.0)
    order: list[str] = []
    working: list[str] = []
    deadline = time.monotonic() + 30

    def work(name: str) -> str:
        while len(order) < 12 and time.monotonic() < deadline:  # the other one may begin late
            working.append(name)
            assert working == [name]
            if not order or order[-1] != name:
                order.append(name)
            working.remove(name)
            give_way()
        return name

    async def both() -> list[str]:
        with underway, underway, underway:
            return await asyncio.gather(in_thread(work, "a"), in_thread(work, "b"))

    assert asyncio.run(both()) == ["a", "b"]
    assert len(order) - 1 > 10


def test_a_turn_ends_with_an_error() -> None:
    def broken() -> None:
        give_way()
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(in_thread(broken))
    assert asyncio.run(in_thread(lambda: "next")) == "next"


class Node:
    """Tells when it is freed."""

    def __init__(self, name: str, freed: list[str], *below: "Node") -> None:
        self.name, self.freed, self.below = name, freed, below

    def __del__(self) -> None:
        self.freed.append(self.name)


@pytest.mark.parametrize("fails", [False, True])
def test_a_tree_is_freed_node_by_node(monkeypatch: pytest.MonkeyPatch, *, fails: bool) -> None:
    seen: list[str] = []
    monkeypatch.setattr(module, "give_way", lambda: seen.append("-"))

    def work() -> None:
        nodes = [hold(Node(name, seen)) for name in "abc"]
        tree = hold(Node("tree", seen, *nodes))
        if fails:
            raise LimitExceeded("fields", f"{tree.name} has too many")

    async def run() -> None:
        with underway:
            await in_thread(work)

    if fails:
        with pytest.raises(LimitExceeded):
            asyncio.run(run())
    else:
        asyncio.run(run())
    assert seen == ["-"] * 4 + ["tree", "-", "c", "-", "b", "-", "a", "-"]


def test_nothing_is_held_on_the_loop() -> None:
    freed: list[str] = []
    hold(Node("a", freed))
    assert freed == ["a"]


def test_who_is_alone_does_not_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN", 0.0)
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(underway, "ended", 0.0)

    async def ask() -> None:
        with underway:
            await in_thread(give_way)

    async def both() -> None:
        with underway:
            await ask()

    asyncio.run(ask())
    assert slept == []
    asyncio.run(ask())  # somebody was answered just now
    assert slept == [module.PAUSE]
    monkeypatch.setattr(module, "RECENTLY", 0.0)
    asyncio.run(ask())
    assert slept == [module.PAUSE]
    asyncio.run(both())
    assert slept == [module.PAUSE] * 2
    assert (underway.on_loop, underway.in_threads) == (0, 0)


def test_the_loop_goes_on_while_a_thread_works() -> None:
    """Without giving way a thread holds what Python runs by for half a millisecond at a time, and takes it again."""
    done = threading.Event()

    def work() -> int:
        turns = 0
        while not done.is_set():
            turns += 1
            give_way()
        return turns

    async def others() -> float:
        waited = []
        for _ in range(200):
            began = time.perf_counter()
            await asyncio.sleep(0)
            waited.append(time.perf_counter() - began)
        return sorted(waited)[len(waited) // 2]

    async def run() -> tuple[float, int]:
        task = asyncio.create_task(in_thread(work))
        await asyncio.sleep(0.02)
        try:
            with underway, underway:
                median = await others()
        finally:
            done.set()
        return median, await task

    median, turns = asyncio.run(run())
    assert turns > 0
    assert median < 0.0005
