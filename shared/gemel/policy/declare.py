"""How an app says who may do what: ``policies`` and ``roles`` of its ``policies.py``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType, ModuleType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import inspect
from sqlalchemy.orm import InstrumentedAttribute, Mapper
from sqlalchemy.sql.visitors import iterate

from gemel.auth.actor import ADMIN
from gemel.catalog import Verb
from gemel.errors import AppError
from gemel.limits import UNLIMITED, Limits
from gemel.policy.examples import Example

Condition = sa.ColumnElement[bool]
Named = str | InstrumentedAttribute[Any]
"""A column, by its name or as the attribute of the class."""


@dataclass(frozen=True, eq=False)
class Grant:
    """What a role may do to the rows of a table by one verb."""

    rows: Condition | None = None
    """Which rows; ``None``: all."""
    columns: tuple[str, ...] | None = None
    """Names or attributes; ``None``: all."""
    check: Condition | None = None
    """What a row has to meet once it is written."""
    presets: Mapping[str, Any] = field(default_factory=dict)
    """Values by column that are written whatever the client says: constants, claims or expressions."""
    limit: int | None = None
    """Most rows of a list."""
    aggregates: bool = False
    backend_only: bool = False


@dataclass(frozen=True, eq=False)
class Policy:
    """What a role may do to a table: ``Policy("customer", Invoice).select(rows=…).update(…)``.

    What is not said may not be done.
    """

    role: str
    model: type
    grants: Mapping[Verb, Grant] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.role or self.role == ADMIN:
            raise AppError(f"{self}: {self.role!r} takes no policies; admin may do everything")
        if not isinstance(inspect(self.model, raiseerr=False), Mapper):
            raise AppError(f"{self}: {self.model!r} is no mapped class")

    def __str__(self) -> str:
        return f"Policy({self.role!r}, {getattr(self.model, '__name__', self.model)})"

    @property
    def mapper(self) -> Mapper[Any]:
        """Of the class."""
        found: Mapper[Any] = inspect(self.model)
        return found

    def select(
        self,
        rows: Any = None,
        *,
        columns: Iterable[Named] | None = None,
        limit: int | None = None,
        aggregates: bool = False,
    ) -> Self:
        """May read.

        :param rows: which rows, as an expression over columns, relations and claims; without it, all.
        :param columns: without it, all.
        :param limit: most rows of a list, at each level.
        :param aggregates: counts, sums and the like may be asked for.
        :raises AppError: something of it cannot be said.
        """
        if limit is not None and limit < 0:
            raise AppError(f"{self}: a limit is not negative")
        rows = self._condition("rows", rows)
        return self._may("select", Grant(rows, self._named(columns), limit=limit, aggregates=aggregates))

    def insert(
        self,
        *,
        check: Any = None,
        columns: Iterable[Named] | None = None,
        presets: Mapping[Any, Any] | None = None,
        backend_only: bool = False,
    ) -> Self:
        """May insert rows.

        :param check: what a row has to meet once it is there; otherwise nothing is written.
        :param columns: that a client may give; without it, all that can be written.
        :param presets: values of columns that a client then may not give: constants, claims, expressions.
        :param backend_only: through programs alone that have the admin secret, and say that they want this: in the
            header ``x-hasura-use-backend-only-permissions`` (``docs/dialects/graphql.md``, G12.2-12).
        :raises AppError: something of it cannot be said.
        """
        grant = Grant(None, self._named(columns), self._condition("check", check), self._presets(presets))
        return self._may("insert", replace(grant, backend_only=backend_only))

    def update(
        self,
        rows: Any = None,
        *,
        columns: Iterable[Named] | None = None,
        check: Any = None,
        presets: Mapping[Any, Any] | None = None,
        backend_only: bool = False,
    ) -> Self:
        """May change rows.

        :param rows: which of them; others are left alone. Without it, all.
        :param columns: that a client may give; without it, all that can be written.
        :param check: what a row has to meet once it is changed; without it, ``rows`` again.
        :param presets: as of ``insert``.
        :param backend_only: as of ``insert``.
        :raises AppError: something of it cannot be said.
        """
        given = self._condition("rows", rows)
        after = given if check is None else self._condition("check", check)
        grant = Grant(given, self._named(columns), after, self._presets(presets))
        return self._may("update", replace(grant, backend_only=backend_only))

    def delete(self, rows: Any = None, *, backend_only: bool = False) -> Self:
        """May delete rows.

        :param rows: which of them; others are left alone. Without it, all.
        :param backend_only: as of ``insert``.
        :raises AppError: it is no expression.
        """
        return self._may("delete", Grant(self._condition("rows", rows), backend_only=backend_only))

    def _may(self, verb: Verb, grant: Grant) -> Self:
        if verb in self.grants:
            raise AppError(f"{self}: {verb} is said twice")
        return replace(self, grants=MappingProxyType({**self.grants, verb: grant}))

    def _condition(self, name: str, given: Any) -> Condition | None:
        if given is None or given is True:
            return None
        if hasattr(given, "__clause_element__"):
            given = given.__clause_element__()
        if not isinstance(given, sa.ColumnElement):
            raise AppError(f"{self}: {name} is an expression like {self.model.__name__}.id == 1, not {given!r}")
        self._check(name, given)
        return given

    def _check(self, name: str, given: sa.ColumnElement[Any]) -> None:
        own = self.mapper.local_table
        for source in given._from_objects:
            if source is not own:
                raise AppError(
                    f"{self}: {name} speaks of {source} beside {own}: reach it along a relation, by has() or any(), or"
                    " in an exists() of its own"
                )
        if any(isinstance(item, sa.CTE) for item in iterate(given)):
            raise AppError(f"{self}: {name} holds a CTE: write it as a subquery")

    def _named(self, columns: Iterable[Named] | None) -> tuple[str, ...] | None:
        return None if columns is None else tuple(self._name(item) for item in columns)

    def _name(self, item: Any) -> str:
        name = item if isinstance(item, str) else getattr(item, "key", None)
        known = {*self.mapper.all_orm_descriptors.keys(), *(column.name for column in self.mapper.local_table.c)}
        if name not in known:
            raise AppError(f"{self}: {item!r} is no column of {self.model.__name__}")
        return str(name)

    def _presets(self, presets: Mapping[Any, Any] | None) -> Mapping[str, Any]:
        found = {self._name(name): value for name, value in (presets or {}).items()}
        for name, value in found.items():
            if isinstance(value, sa.ColumnElement):
                self._check(f"the preset of {name}", value)
        return MappingProxyType(found)


@dataclass(frozen=True, eq=False)
class Role:
    """A role that may do what others may: ``Role("customer", inherits="anonymous")``."""

    name: str
    inherits: str | Sequence[str] = ()
    """Roles whose policies it has for whatever it has none of its own."""
    introspection: bool = True
    """Whether GraphQL shows it its schema, and REST its document. It is no policy, and not inherited."""
    limits: Limits | None = None
    """How much it may ask for; without it ``Limits()``, and none for ``admin``. Not inherited either."""

    @property
    def parents(self) -> tuple[str, ...]:
        """Names of the roles that it inherits from."""
        return (self.inherits,) if isinstance(self.inherits, str) else tuple(self.inherits)


Key = tuple[Mapper[Any], Verb]
_DEFAULT = Limits()


class Policies:
    """The policies of an app, by role."""

    def __init__(
        self, policies: Iterable[Policy] = (), roles: Sequence[Role] = (), examples: Iterable[Example] = ()
    ) -> None:
        """:raises AppError: they contradict each other."""
        self.examples = tuple(examples)
        self._own: dict[str, dict[Key, Grant]] = {}
        for policy in policies:
            own = self._own.setdefault(policy.role, {})
            for verb, grant in policy.grants.items():
                if (policy.mapper, verb) in own:
                    raise AppError(f"{policy}: there is another policy of {verb} for this role and table")
                own[policy.mapper, verb] = grant
        self._parents: dict[str, tuple[str, ...]] = {}
        self._silent = frozenset(role.name for role in roles if not role.introspection)
        self._limits = {ADMIN: UNLIMITED, **{role.name: role.limits for role in roles if role.limits is not None}}
        for role in roles:
            if role.name in self._parents:
                raise AppError(f"Role({role.name!r}) is there twice")
            if role.name == ADMIN and (role.parents or not role.introspection):
                raise AppError(f"Role({ADMIN!r}) may do everything: it can be given limits only")
            self._parents[role.name] = role.parents
            self._own.setdefault(role.name, {})
        for role in roles:
            for parent in role.parents:
                if parent not in self._own:
                    raise AppError(f"Role({role.name!r}) inherits from {parent!r}, which has no policies")

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of the roles that have policies."""
        return tuple(sorted(self._own))

    def introspection(self, role: str) -> bool:
        """Whether a role is shown what it may ask."""
        return role not in self._silent

    def limits(self, role: str) -> Limits:
        """How much a role may ask for."""
        return self._limits.get(role, _DEFAULT)

    def names(self, role: str) -> frozenset[str]:
        """The role, and all that it inherits from."""
        found = {role}
        for parent in self._parents.get(role, ()):
            found |= self.names(parent)
        return frozenset(found)

    def of(self, role: str, _below: tuple[str, ...] = ()) -> Mapping[Key, Grant]:
        """What a role may do, by class and verb, through backends, too.

        :raises AppError: it inherits from itself, or what it inherits cannot be united.
        """
        if role in _below:
            raise AppError(f"the roles {', '.join(_below)} inherit from each other")
        found: dict[Key, Grant] = {}
        for parent in self._parents.get(role, ()):
            for key, grant in self.of(parent, (*_below, role)).items():
                if key in self._own[role]:
                    continue
                found[key] = _united(role, key, found[key], grant) if key in found else grant
        return {**found, **self._own.get(role, {})}


def _united(role: str, key: Key, one: Grant, other: Grant) -> Grant:
    """What two roles may read: the rows of both."""
    mapper, verb = key
    if one is other:
        return one
    if verb != "select" or set(one.columns or ()) != set(other.columns or ()):
        text = f"Role({role!r}) inherits two policies of {verb} for {mapper.class_.__name__} that differ"
        raise AppError(f"{text}: write one of its own")
    both = one.rows is not None and other.rows is not None
    limits = one.limit is not None and other.limit is not None
    return Grant(
        sa.or_(one.rows, other.rows) if both else None,  # type: ignore[arg-type]
        one.columns,
        limit=max(one.limit, other.limit) if limits else None,  # type: ignore[type-var]
        aggregates=one.aggregates or other.aggregates,
    )


def read_policies(module: ModuleType | None) -> Policies:
    """The lists ``policies``, ``roles`` and ``examples`` of a module; nothing if there is none.

    :raises AppError: they are no such lists, or contradict each other.
    """
    if module is None:
        return Policies()
    found = []
    for name, kind in (("policies", Policy), ("roles", Role), ("examples", Example)):
        items = getattr(module, name, [])
        if not isinstance(items, Sequence) or not all(isinstance(item, kind) for item in items):
            raise AppError(f"{module.__name__}.{name} is a list of {kind.__name__}(…)")
        found.append(items)
    return Policies(*found)
