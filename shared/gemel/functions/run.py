"""Run a function of the app in a session of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, fields, is_dataclass
from inspect import iscoroutinefunction
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from gemel.errors import GemelError
from gemel.functions.model import Function, Reply
from gemel.request import key_of

Sessions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Key = tuple[object, ...]


class FunctionFailed(GemelError):
    """The function raised what it did not raise on purpose; ``__cause__`` is for the log, and never for the client."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call."""

    values: tuple[object, ...]
    """A value, or the values of a list; of a ``record`` mappings; of a ``row`` nothing."""
    keys: tuple[Key, ...]
    """Of a ``row``: primary keys, each once, in the order that the function gave."""
    reply: Reply
    is_null: bool = False
    """The function gave ``None`` in place of a row or record."""


@asynccontextmanager
async def calling(
    called: Function, arguments: Mapping[str, object], sessions: Sessions
) -> AsyncIterator[tuple[Outcome, AsyncSession | None]]:
    """Call a function, and be in its transaction: what it changed is kept only if it ``writes`` and the block ends
    without an error, unless the block rolled back.

    :param arguments: as ``accept`` gives them.
    :param sessions: opens a session that commits at its end.
    :returns: what came of it, and its session, which a function of rows has, too, that asks for none.
    :raises GemelError: raised on purpose by the function, ``Refused`` above all, or in the block.
    :raises FunctionFailed: it raised anything else.
    """
    reply = Reply()
    needed = called.session is not None or called.returns.form == "row"
    opened = sessions() if needed else nullcontext()
    try:
        async with opened as session:
            result = await _called(called, arguments, session, reply)
            yield await _outcome(called, result, session, reply), session
            if session is not None and not called.writes:
                await session.rollback()
    except GemelError:
        raise
    except Exception as error:
        raise FunctionFailed(f"the function {called.name} failed: {type(error).__name__}") from error


async def _called(
    called: Function, arguments: Mapping[str, object], session: AsyncSession | None, reply: Reply
) -> object:
    variadic = next((one.name for one in called.parameters if one.variadic), None)
    given: dict[str, Any] = {name: value for name, value in arguments.items() if name != variadic}
    rest: Any = arguments.get(variadic, ()) if variadic is not None else ()
    if called.session is not None:
        given[called.session] = session
    if called.reply is not None:
        given[called.reply] = reply
    if rest:  # what stands before *args is then given by its place
        order = [*_before(called, variadic)]
        rest = [*(given.pop(name) for name in order if name in given), *rest]
    if iscoroutinefunction(called.call):
        return await called.call(*rest, **given)
    if session is not None:
        return called.call(*rest, **given)
    return await asyncio.to_thread(called.call, *rest, **given)


def _before(called: Function, variadic: str | None) -> Iterable[str]:
    for name in called.call.__code__.co_varnames[: called.call.__code__.co_argcount]:
        if name != variadic:
            yield name


async def _outcome(called: Function, result: object, session: AsyncSession | None, reply: Reply) -> Outcome:
    returns = called.returns
    if returns.form == "nothing":
        return Outcome((), (), reply)
    if isinstance(result, Select) and session is not None:
        result = (await session.scalars(result)).all()
    items: Sequence[object] = list(result) if returns.many and isinstance(result, Iterable) else [result]
    if returns.form == "row" and returns.mapper is not None:
        found = [item for item in items if item is not None]
        if session is not None:
            await session.flush()  # only then a new object has a key
        return Outcome((), tuple(dict.fromkeys(key_of(returns.mapper, item) for item in found)), reply, not found)
    if returns.form == "record":
        return Outcome(tuple(_record(item) for item in items), (), reply, items[:1] == [None])
    return Outcome(tuple(items), (), reply)


def _record(item: object) -> object:
    if isinstance(item, BaseModel):
        return {name: getattr(item, name) for name in type(item).model_fields}
    if is_dataclass(item):
        return {one.name: getattr(item, one.name) for one in fields(item)}
    if isinstance(item, tuple) and hasattr(item, "_asdict"):
        return item._asdict()
    return item
