"""Large requests are made ready in threads, so that others are answered meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

LARGE: Final = 1024
"""Bytes of a request from which on it is worth the way to a thread and back."""
Given = ParamSpec("Given")
Result = TypeVar("Result")


async def apart(size: int, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
    """What work gives.

    :param size: bytes of what it works on.
    """
    if size <= LARGE:
        return work(*given, **named)
    return await asyncio.to_thread(work, *given, **named)
