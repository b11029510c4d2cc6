"""How an app declares hooks, and how they are read."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NoReturn, TypeVar, get_args

from sqlalchemy import inspect as sa_inspect
from sqlalchemy.orm import Mapper

from gemel.errors import AppError
from gemel.hooks.model import Hook, Hooks, Moment, Verb

Call = TypeVar("Call", bound=Callable[..., Any])
MARK = "__gemel_hooks__"
VERBS: tuple[Verb, ...] = get_args(Verb)


@dataclass(frozen=True, slots=True)
class _Marked:
    moment: Moment
    verbs: frozenset[Verb]
    mapper: Mapper[Any]


def before(*what: Any) -> Callable[[Call], Call]:
    """Call a function before rows are written: ``@before("insert", "update", Invoice)``.

    It is ``def hook(obj, session)`` or ``async def hook(obj, session)``, with the second parameter or without: the
    object of the mapped class with its new values, and the ``Session`` (of an ``async def`` the ``AsyncSession``) of
    the transaction that writes it. It may change the object, write elsewhere, or refuse by raising ``Refused``. Who
    asks is ``session.info["actor"]``.

    :raises AppError: it names no verb or no mapped class.
    """
    return _marks("before", what)


def after(*what: Any) -> Callable[[Call], Call]:
    """Call a function after rows were written, in the same transaction; otherwise as ``before``."""
    return _marks("after", what)


def committed(*what: Any) -> Callable[[Call], Call]:
    """Call a function once what was written is committed: at least once, after a crash too, and in order for each row.

    It is ``def hook(event)`` or ``async def hook(event)`` and gets an ``Event``. With a second parameter it gets a
    session, too: what it writes there is committed together with the record that it was told, and so exactly once. What
    it raises is logged, and it is called again later.
    """
    return _marks("committed", what)


def _marks(moment: Moment, what: tuple[Any, ...]) -> Callable[[Call], Call]:
    verbs, classes = [item for item in what if isinstance(item, str)], [item for item in what if isinstance(item, type)]
    if not verbs or not set(verbs) <= set(VERBS) or len(classes) != 1 or len(verbs) + 1 != len(what):
        raise AppError(
            f'@{moment} takes verbs ({", ".join(VERBS)}) and a mapped class, as in @{moment}("insert", Invoice)'
        )
    mapper: Any = sa_inspect(classes[0], raiseerr=False)
    if not isinstance(mapper, Mapper):
        raise AppError(f"@{moment}: {classes[0].__name__} is no mapped class")
    mark = _Marked(moment, frozenset(verb for verb in VERBS if verb in verbs), mapper)

    def add(call: Call) -> Call:
        setattr(call, MARK, (*getattr(call, MARK, ()), mark))
        return call

    return add


def read_hooks(module: ModuleType | None) -> Hooks:
    """The hooks that a module declares, in its order.

    :raises AppError: a function cannot be called so.
    """
    found = [] if module is None else [item for item in vars(module).values() if inspect.isfunction(item)]
    return Hooks([_hook(call, mark) for call in dict.fromkeys(found) for mark in vars(call).get(MARK, ())])


def _hook(call: Callable[..., Any], mark: _Marked) -> Hook:
    parameters = list(inspect.signature(call).parameters.values())
    plain = [item for item in parameters if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)]
    if len(plain) not in (1, 2) or len(plain) != len(parameters):
        what = "an event" if mark.moment == "committed" else "an object"
        _refuse(call, f"@{mark.moment} calls it with {what}, and a session if it takes one")
    name = f"{call.__module__}.{call.__qualname__}"
    return Hook(name, mark.moment, mark.verbs, mark.mapper, call, len(plain) == 2, inspect.iscoroutinefunction(call))


def _refuse(call: Callable[..., Any], what: str) -> NoReturn:
    raise AppError(f"{call.__module__}.{call.__qualname__} cannot be a hook: {what}")
