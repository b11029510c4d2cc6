"""What a role sees of the catalog, and may do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from gemel.auth.actor import ADMIN, backend_of
from gemel.catalog import Catalog, Column, Key, Relation, Table, TableKey, Verb, View, Views
from gemel.errors import AppError
from gemel.limits import UNLIMITED, Limits
from gemel.policy.declare import Grant, Policies
from gemel.policy.declare import Key as OfClass

EVERYTHING = Grant(aggregates=True)
Grants = Mapping[tuple[TableKey, Verb], Grant]


@dataclass(frozen=True, eq=False)
class Access:
    """Of one role."""

    role: str
    catalog: Catalog
    views: Views
    """What it sees: the names that its requests can use."""
    grants: Grants = field(default_factory=dict)
    known: bool = True
    """Some policy speaks of the role."""
    everything: bool = False
    introspection: bool = True
    """It is shown what it may ask."""
    names: frozenset[str] = frozenset()
    """Of the role and of those that it inherits from."""
    limits: Limits = UNLIMITED

    def grant(self, table: View, verb: Verb) -> Grant | None:
        """What it may do to a table; ``None``: nothing of that kind."""
        return EVERYTHING if self.everything else self.grants.get((table.key, verb))

    def presets(self, view: View, verb: Verb) -> Iterator[tuple[Column, sa.ColumnElement[Any]]]:
        """The columns that are written whatever the client says, and what with."""
        grant = self.grant(view, verb)
        if grant is not None:
            yield from _presets(self.role, self.whole(view), grant)

    def of_class(self, mapper: Mapper[Any]) -> View | None:
        """The table of a mapped class, if its rows can be read."""
        table = self.catalog.by_mapper(mapper)
        view = self.views.tables.get(table.key) if table is not None else None
        return view if view is not None and "select" in view.verbs else None

    def whole(self, view: View) -> Table:
        """All of a table, for a plan: also what of it the role does not see."""
        return self.catalog.tables[view.key]


class Accesses:
    """Of all roles."""

    def __init__(self, catalog: Catalog, policies: Policies) -> None:
        """:raises AppError: a policy speaks of what is not served."""
        limits = policies.limits(ADMIN)
        self._none = Access("", catalog, Views({}), known=False, limits=policies.limits(""))
        self._of = {ADMIN: Access(ADMIN, catalog, catalog, everything=True, names=frozenset({ADMIN}), limits=limits)}
        self._backends = {backend_of(ADMIN): self._of[ADMIN]}
        for role in policies.roles:
            if role != ADMIN:
                through_backends = policies.of(role)
                by_any = {key: grant for key, grant in through_backends.items() if not grant.backend_only}
                own = self._of[role] = _access(role, catalog, policies, by_any)
                if len(through_backends) > len(by_any):
                    own = _access(role, catalog, policies, through_backends)
                self._backends[backend_of(role)] = own

    def of(self, access: str) -> Access:
        """What a role may do; one that no policy speaks of may do nothing.

        :param access: name of the role, or ``Actor.access``.
        """
        return self._of.get(access) or self._backends.get(access, self._none)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that there are, ``admin`` among them."""
        return tuple(sorted(self._of))

    @property
    def all(self) -> Iterator[tuple[str, Access]]:
        """Each by what finds it: those of roles, then those of backends."""
        yield from self._of.items()
        yield from self._backends.items()


def _access(role: str, catalog: Catalog, policies: Policies, found: Mapping[OfClass, Grant]) -> Access:
    tables = {table.mapper: table for table in catalog.tables.values()}
    grants: dict[tuple[TableKey, Verb], Grant] = {}
    for (mapper, verb), grant in found.items():
        table = tables.get(mapper)
        if table is None:
            raise AppError(f"a policy of {role!r} speaks of {mapper.class_.__name__}, which is not served as a table")
        if verb not in table.verbs:
            raise AppError(f"a policy of {role!r} speaks of {verb}, which {table.name!r} does not take")
        grants[table.key, verb] = grant
    readable = {key for key, verb in grants if verb == "select"}
    named = dict.fromkeys(key for key, _ in grants)
    views = {key: _view(role, catalog.tables[key], grants, readable) for key in named}
    shown, names = policies.introspection(role), policies.names(role)
    limits = policies.limits(role)
    return Access(role, catalog, Views(views), grants, introspection=shown, names=names, limits=limits)


def _view(role: str, table: Table, grants: Grants, readable: set[TableKey]) -> View:
    may = {verb: grant for verb in table.verbs if (grant := grants.get((table.key, verb))) is not None}
    reads = may.get("select")
    columns = _columns(role, table, table.columns, reads) if reads is not None else {}
    insertable = _written(role, table, table.insertable, may.get("insert"))
    return View(
        schema=table.schema,
        name=table.name,
        columns=columns,
        insertable=insertable,
        updatable=_written(role, table, table.updatable, may.get("update")),
        verbs=frozenset(may),
        aggregates=reads is not None and reads.aggregates,
        primary_key=next(_keys([table.primary_key] if table.primary_key else [], columns), None),
        unique=tuple(_keys(table.unique, columns)),
        constraints=tuple(_keys(table.constraints, {**columns, **insertable})),
        relations={name: one for name, one in table.relations.items() if _leads(one, readable)},
        detected=tuple(one for one in table.detected if _leads(one, readable)),
        writable=table.writable,
        comment=table.comment,
        enum=table.enum,
        filtered=reads is not None and reads.rows is not None,
    )


def _columns(role: str, table: Table, among: Mapping[str, Column], grant: Grant) -> dict[str, Column]:
    if grant.columns is None:
        return dict(among)
    found = {name: column for name, column in among.items() if {name, column.attribute} & set(grant.columns)}
    names = {item for name, column in found.items() for item in (name, column.attribute)}
    missing = set(grant.columns) - names
    if missing:
        raise AppError(
            f"a policy of {role!r} names {', '.join(sorted(missing))} of {table.name!r}, which is no column that it can"
            " be given"
        )
    return found


def _written(role: str, table: Table, among: Mapping[str, Column], grant: Grant | None) -> dict[str, Column]:
    """What a client may give: not what is preset."""
    if grant is None:
        return {}
    preset = {column.name for column, _ in _presets(role, table, grant)}
    return {name: one for name, one in _columns(role, table, among, grant).items() if name not in preset}


def _presets(role: str, table: Table, grant: Grant) -> Iterator[tuple[Column, sa.ColumnElement[Any]]]:
    """:raises AppError: one cannot be written."""
    for name, value in grant.presets.items():
        found = next((one for one in table.insertable.values() if name in (one.name, one.attribute)), None)
        if found is None:
            raise AppError(f"a policy of {role!r} presets {name!r} of {table.name!r}, which cannot be written")
        yield found, value if isinstance(value, sa.ColumnElement) else sa.literal(value, found.expression.type)


def _keys(keys: Iterable[Key], columns: Mapping[str, Column]) -> Iterator[Key]:
    """Those that are seen: all of their columns are."""
    return (key for key in keys if set(key.columns) <= set(columns))


def _leads(relation: Relation, readable: set[TableKey]) -> bool:
    """Whether it leads to rows that can be read, over rows that can be."""
    return relation.target in readable and (relation.junction is None or relation.junction.table in readable)
