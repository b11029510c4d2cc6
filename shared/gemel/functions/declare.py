"""How an app registers functions, and how they are read: all that is served stands in the signature."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import ModuleType
from typing import Any, NoReturn, TypeVar, get_args, get_type_hints, overload

from pydantic import BaseModel
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from sqlalchemy import Select
from sqlalchemy import inspect as sa_inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper

from gemel.errors import AppError
from gemel.functions.arguments import acceptor, adapter, bare, is_list, json_schema, type_name
from gemel.functions.model import Function, Parameter, Reply, Returns

Call = TypeVar("Call", bound=Callable[..., Any])

MARK = "__gemel_function__"
MISSING = inspect.Signature.empty


@dataclass(frozen=True, slots=True)
class _Marked:
    name: str
    writes: bool
    returns: Any
    roles: frozenset[str]


@overload
def function(call: Call, /) -> Call: ...
@overload
def function(
    *, name: str | None = None, writes: bool = False, returns: Any = None, roles: Iterable[str] = ()
) -> Callable[[Call], Call]: ...
def function(
    call: Call | None = None,
    /,
    *,
    name: str | None = None,
    writes: bool = False,
    returns: Any = None,
    roles: Iterable[str] = (),
) -> Any:
    """Serve a function of ``functions.py`` at ``/rpc/<name>``; ``def`` or ``async def``.

    Parameters are read from the signature: one without a default is required, ``*args`` is variadic, one annotated
    ``AsyncSession`` or ``Reply`` is given by Gemel and is no argument. The annotation of what is returned says what is
    answered: ``None``, a value, a list of values, a mapped class or a list of one, or a dataclass, named tuple,
    ``TypedDict`` or Pydantic model (or a list of them) for named columns.

    :param name: under which it is served, if not its own; two of one name are told apart by their parameters.
    :param writes: what it changes is kept; it is then called by POST alone.
    :param returns: what is answered, where the annotation does not say it: ``list[Track]`` of a function that gives a
        ``Select`` of ``Track``, since ``Select[Track]`` is forgetful at run time.
    :param roles: who may call it beside the admin. The function itself is trusted; rows of a mapped class that it names
        are given as policies let the role see them.
    """

    def mark(made: Call) -> Call:
        setattr(made, MARK, _Marked(name or made.__name__, writes, returns, frozenset(roles)))
        return made

    return mark if call is None else mark(call)


def read_functions(module: ModuleType | None) -> tuple[Function, ...]:
    """The functions that a module registers, in its order.

    :raises AppError: a signature cannot be served.
    """
    found = [] if module is None else list(vars(module).values())
    marked = [(item, vars(item)[MARK]) for item in found if inspect.isfunction(item) and MARK in vars(item)]
    return tuple(_read(call, mark) for call, mark in marked)


def _read(call: Callable[..., Any], mark: _Marked) -> Function:
    where = f"{call.__module__}.{call.__qualname__}"
    try:
        hints = get_type_hints(call, include_extras=True)
        signature = inspect.signature(call)
        special = {hints.get(name): name for name in signature.parameters if hints.get(name) in (AsyncSession, Reply)}
        plain = [item for item in signature.parameters.values() if item.name not in special.values()]
        return Function(
            name=mark.name,
            call=call,
            parameters=tuple(_parameter(item, hints, where) for item in plain),
            returns=_returns(mark.returns or hints.get("return", MISSING), where),
            writes=mark.writes,
            roles=mark.roles,
            session=special.get(AsyncSession),
            reply=special.get(Reply),
            comment=inspect.getdoc(call),
        )
    except (NameError, TypeError, PydanticSchemaGenerationError, PydanticUserError) as error:
        raise AppError(f"{where}: its annotations cannot be read: {error}") from error


def _parameter(item: inspect.Parameter, hints: dict[str, Any], where: str) -> Parameter:
    variadic = item.kind is inspect.Parameter.VAR_POSITIONAL
    if item.name not in hints:
        _refuse(where, f"its parameter {item.name!r} has no annotation")
    if item.kind is inspect.Parameter.VAR_KEYWORD or item.kind is inspect.Parameter.POSITIONAL_ONLY:
        _refuse(where, f"its parameter {item.name!r} cannot be given by name")
    hint = hints[item.name]
    accept, schema = acceptor(hint)
    required = item.default is inspect.Parameter.empty and not variadic
    return Parameter(item.name, type_name(hint), accept, schema, required, variadic, is_list(hint))


def _returns(hint: Any, where: str) -> Returns:
    if hint is MISSING:
        _refuse(where, "say by an annotation what it returns")
    if hint is type(None):
        return Returns("nothing")
    inner = bare(hint)
    many = is_list(inner)
    one = bare(next(iter(get_args(inner)), Any)) if many else inner
    mapper: Any = sa_inspect(one, raiseerr=False) if isinstance(one, type) else None
    if isinstance(mapper, Mapper):
        return Returns("row", many, mapper)
    if isinstance(inner, type) and issubclass(inner, Select):
        _refuse(where, "say by @function(returns=list[…]) of which mapped class the rows of its Select are")
    columns = _columns(one)
    schema = json_schema(adapter(one))
    return Returns("record", many, None, columns, schema) if columns else Returns("scalar", many, schema=schema)


def _columns(one: Any) -> tuple[str, ...]:
    """Names of the columns of a class that has such."""
    if not isinstance(one, type):
        return ()
    if is_dataclass(one):
        return tuple(item.name for item in fields(one))
    if issubclass(one, BaseModel):
        return tuple(one.model_fields)
    named: Sequence[str] | None = getattr(one, "_fields", None)
    if named is None and issubclass(one, dict):
        named = tuple(getattr(one, "__annotations__", ()))
    return tuple(named or ())


def _refuse(where: str, what: str) -> NoReturn:
    raise AppError(f"{where} cannot be served as a function: {what}")


def by_name(functions: Iterable[Function]) -> dict[str, tuple[Function, ...]]:
    """Functions by the name that they are served under."""
    found: dict[str, tuple[Function, ...]] = {}
    for one in functions:
        found[one.name] = (*found.get(one.name, ()), one)
    return found
