"""What is known of a function of the app."""

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy.orm import Mapper

from gemel.auth.actor import ADMIN

Form = Literal["nothing", "scalar", "record", "row"]
"""``record`` has named columns, ``row`` is of a mapped class."""


@dataclass(frozen=True, eq=False)
class Parameter:
    """An argument that a caller gives."""

    name: str
    type: str
    """Name of its type in PostgreSQL, for messages."""
    accept: Callable[[object], object]
    """From a JSON value to the annotated type.

    :raises ValueError: it does not fit.
    """
    schema: dict[str, Any]
    """JSON Schema (2020-12) of its values."""
    required: bool
    variadic: bool = False
    """``*args``: repeats in a query string, is an array in a body."""
    is_list: bool = False


@dataclass(frozen=True)
class Returns:
    """What a function gives."""

    form: Form
    many: bool = False
    """A list of them."""
    mapper: Mapper[Any] | None = field(default=None, compare=False)
    """Of a ``row``."""
    columns: tuple[str, ...] = ()
    """Of a ``record``."""
    schema: dict[str, Any] = field(default_factory=dict, compare=False)
    """JSON Schema of one."""


@dataclass(frozen=True, eq=False)
class Function:
    """A registered function."""

    name: str
    call: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    returns: Returns
    writes: bool
    session: str | None
    """Parameter that takes an ``AsyncSession``."""
    reply: str | None
    """Parameter that takes a ``Reply``."""
    comment: str | None
    roles: frozenset[str] = frozenset()
    """Who may call it beside the admin."""

    def may_be_called(self, names: Set[str]) -> bool:
        """Whether a role may call it.

        :param names: of the role, and of those that it inherits from.
        """
        return not names.isdisjoint({ADMIN, *self.roles})

    @property
    def signature(self) -> str:
        """Name and parameters, as messages show them."""
        return f"{self.name}({', '.join(parameter.name for parameter in self.parameters)})"

    def takes(self, names: frozenset[str]) -> bool:
        """Whether these arguments are a call: all that are required, none that is unknown (R17-3)."""
        known = {parameter.name for parameter in self.parameters}
        required = {parameter.name for parameter in self.parameters if parameter.required}
        return required <= names <= known


@dataclass
class Reply:
    """Status and headers of the answer, for a function that has a parameter of this type (R17-7)."""

    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
