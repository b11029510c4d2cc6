"""Memory for what is made of bodies: enough for all that may be there at a time, and everybody's turn comes."""

import asyncio
import json
import tracemalloc
from collections.abc import Callable

import orjson
import pytest

from gemel.edge.room import Room, weight
from gemel.errors import LimitExceeded


async def held(room: Room, size: int, begun: list[int], end: asyncio.Event) -> None:
    async with room.hold(size):
        begun.append(size)
        await end.wait()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_each_waits_for_its_turn() -> None:
    async def run() -> None:
        room, begun = Room(10), list[int]()
        ends = [asyncio.Event() for _ in range(5)]
        tasks = [asyncio.create_task(held(room, size, begun, ends[at])) for at, size in enumerate((6, 4, 9, 1, 50))]
        await settled()
        assert begun == [6, 4], "the small one does not pass by the large one, which would wait for ever"
        ends[1].set()
        await settled()
        assert begun == [6, 4]
        ends[0].set()
        await settled()
        assert begun == [6, 4, 9, 1]
        ends[2].set()
        ends[3].set()
        await settled()
        assert begun == [6, 4, 9, 1, 50], "what is larger than all there is has it alone"
        ends[4].set()
        await asyncio.gather(*tasks)
        async with room.hold(10):
            pass

    asyncio.run(asyncio.wait_for(run(), 10))


@pytest.mark.parametrize("let_in", [False, True])
def test_who_leaves_takes_no_room(let_in: bool) -> None:
    """Also if its turn came at that moment."""

    async def run() -> None:
        room, begun, end = Room(10), list[int](), asyncio.Event()
        first = asyncio.create_task(held(room, 6, begun, end))
        await settled()
        second = asyncio.create_task(held(room, 7, begun, end))
        third = asyncio.create_task(held(room, 4, begun, end))
        await settled()
        if let_in:
            end.set()
            first.cancel()
            await asyncio.sleep(0)
        second.cancel()
        await settled()
        assert begun == [6, 4]
        end.set()
        await asyncio.gather(first, second, third, return_exceptions=True)
        async with room.hold(10):
            pass

    asyncio.run(asyncio.wait_for(run(), 10))


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gemel.edge.room.PATIENCE", 0.05)

    async def run() -> None:
        room = Room(10)
        async with room.hold(8):
            with pytest.raises(LimitExceeded, match="large requests") as refused:
                async with room.hold(3):
                    pass
            assert refused.value.limit == "memory"
            async with room.hold(2):
                pass
        async with room.hold(10):
            pass

    asyncio.run(asyncio.wait_for(run(), 10))


@pytest.mark.parametrize(
    "make",
    [
        lambda: list(range(1_000, 50_000)),
        lambda: [1.5] * 50_000,
        lambda: [str(number) for number in range(50_000)],
        lambda: [{"name": f"n{number}"} for number in range(20_000)],
        lambda: [{f"n{number}": None} for number in range(20_000)],
        lambda: [[]] * 100_000,
        lambda: [{}] * 100_000,
        lambda: [[[[]]]] * 50_000,
        lambda: [{"": {"": {}}}] * 20_000,
        lambda: {f"n{number}": number for number in range(20_000)},
        lambda: "x" * 500_000,
    ],
)
def test_what_is_made_of_a_text_is_not_more(make: Callable[[], object]) -> None:
    raw = json.dumps(make(), separators=(",", ":")).encode()
    tracemalloc.start()
    try:
        made = orjson.loads(raw)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert made is not None
    assert taken <= weight(raw) + 100 <= 10 * taken
