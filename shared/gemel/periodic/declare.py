"""How an app declares what runs at certain times, and how that is read."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

from gemel.errors import AppError

Call = TypeVar("Call", bound=Callable[..., Any])
MARK = "__gemel_periodic__"


@dataclass(frozen=True)
class Periodic:
    """A function that runs at certain times."""

    name: str
    cron: str
    """Five fields, in UTC."""
    call: Callable[..., Any]
    is_async: bool
    takes_session: bool


def periodic(cron: str) -> Callable[[Call], Call]:
    """Call a function at certain times: ``@periodic("0 3 * * *")`` in ``tasks.py``.

    It is ``def task()`` or ``async def task()``, or with one parameter gets a session, too: the ``Session`` (of an
    ``async def`` the ``AsyncSession``) of a transaction that is committed when it comes back. Of all workers one calls
    it for each time, and never while an earlier call of it runs. What it raises is logged and recorded; the next time
    is the next.

    :param cron: minute, hour, day of month, month and day of week, in UTC.
    """

    def add(call: Call) -> Call:
        setattr(call, MARK, cron)
        return call

    return add


def read_periodic(module: ModuleType | None) -> Mapping[str, Periodic]:
    """The functions that a module declares, by name.

    :raises AppError: a function cannot be called so.
    """
    found = [] if module is None else [item for item in vars(module).values() if inspect.isfunction(item)]
    marked = [item for item in dict.fromkeys(found) if MARK in vars(item)]
    return {item.__name__: _periodic(item) for item in marked}


def _periodic(call: Callable[..., Any]) -> Periodic:
    parameters = inspect.signature(call).parameters.values()
    if len(parameters) > 1 or any(item.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD for item in parameters):
        raise AppError(f"@periodic {call.__name__} has to take nothing, or a session")
    return Periodic(
        call.__name__, vars(call)[MARK], call, inspect.iscoroutinefunction(call), takes_session=bool(parameters)
    )
