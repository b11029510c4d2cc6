"""Relations: those that the models declare, and those that foreign keys alone tell of."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import permutations

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty
from sqlalchemy.sql import operators

from gemel.catalog.keys import foreign_keys, table_key
from gemel.catalog.model import Cardinality, ForeignKey, Junction, Pairs, Relation, TableKey

Keys = Mapping[Mapper[object], TableKey]


def declared_relations(
    mapper: Mapper[object], keys: Keys, default_schema: str | None, warnings: list[str]
) -> dict[str, Relation]:
    """Relations of the ``relationship()``s of a mapper, by attribute name. What cannot be served is warned of."""
    relations: dict[str, Relation] = {}
    for item in mapper.relationships:
        if item.key.startswith("_"):
            continue
        relation = _declared(mapper, item, keys, default_schema)
        if relation is None:
            warnings.append(f"relationship {item} is not served: its join is more than this version can say")
        else:
            relations[item.key] = relation
    return relations


def _declared(
    mapper: Mapper[object], item: RelationshipProperty[object], keys: Keys, default_schema: str | None
) -> Relation | None:
    if item.mapper not in keys or item.parent.local_table is not mapper.local_table:
        return None
    origin, target = keys[mapper], keys[item.mapper]
    if item.secondary is not None:
        return _through(item, origin, target, default_schema)
    pairs: Pairs = tuple((near.name, far.name) for near, far in item.local_remote_pairs or ())
    simple = _is_equality(item.primaryjoin, len(pairs))
    forward = item.direction is RelationshipDirection.MANYTOONE
    constraint = _behind(mapper.local_table if forward else item.mapper.local_table, pairs, forward) if simple else ""
    local = mapper.local_table.c
    return Relation(
        name=item.key,
        origin=origin,
        target=target,
        cardinality=_cardinality(item, mapper, pairs),
        pairs=pairs if simple else (),
        constraint=constraint,
        forward=forward,
        required=forward and bool(constraint) and all(not local[near].nullable for near, _ in pairs),
        condition=None if simple else item.primaryjoin,
    )


def _through(
    item: RelationshipProperty[object], origin: TableKey, target: TableKey, default_schema: str | None
) -> Relation | None:
    near: Pairs = tuple((a.name, b.name) for a, b in item.synchronize_pairs)
    far: Pairs = tuple((b.name, a.name) for a, b in item.secondary_synchronize_pairs or ())
    middle = item.secondary
    assert middle is not None  # noqa: S101 - the caller looked
    if item.secondaryjoin is None or not _is_equality(item.primaryjoin, len(near)):
        return None
    if not _is_equality(item.secondaryjoin, len(far)):
        return None
    junction = Junction(
        table_key(middle, default_schema),
        middle,
        near,
        far,
        _behind(middle, tuple((b, a) for a, b in near), True),
        _behind(middle, far, True),
    )
    return Relation(item.key, origin, target, Cardinality.MANY_TO_MANY, (), "", False, False, junction)


def _cardinality(item: RelationshipProperty[object], mapper: Mapper[object], pairs: Pairs) -> Cardinality:
    if item.direction is RelationshipDirection.MANYTOONE:
        unique = _is_unique(mapper.local_table, {near for near, _ in pairs})
        return Cardinality.ONE_TO_ONE if unique else Cardinality.MANY_TO_ONE
    return Cardinality.ONE_TO_MANY if item.uselist else Cardinality.ONE_TO_ONE


def detected_relations(
    sources: Mapping[TableKey, sa.FromClause], default_schema: str | None
) -> dict[TableKey, tuple[Relation, ...]]:
    """Relations that follow from foreign keys: each in both directions, and through junction tables, whose primary
    key holds the columns of two of them (``rest.md`` section 7)."""
    found: defaultdict[TableKey, list[Relation]] = defaultdict(list)
    for key, source in sources.items():
        constraints = [item for item in foreign_keys(source, default_schema) if item.target in sources]
        for constraint in constraints:
            for relation in _both_ways(key, source, constraint):
                found[relation.origin].append(relation)
        for relation in _junctions(key, source, constraints):
            found[relation.origin].append(relation)
    return {key: tuple(relations) for key, relations in found.items()}


def _both_ways(key: TableKey, source: sa.FromClause, constraint: ForeignKey) -> Iterator[Relation]:
    one = _is_unique(source, {near for near, _ in constraint.pairs})
    required = all(not source.c[near].nullable for near, _ in constraint.pairs)
    forward = Cardinality.ONE_TO_ONE if one else Cardinality.MANY_TO_ONE
    backward = Cardinality.ONE_TO_ONE if one else Cardinality.ONE_TO_MANY
    back = tuple((far, near) for near, far in constraint.pairs)
    name, target = constraint.name, constraint.target
    yield Relation(name, key, target, forward, constraint.pairs, name, True, required, declared=False)
    yield Relation(name, target, key, backward, back, name, False, False, declared=False)


def _junctions(key: TableKey, source: sa.FromClause, constraints: list[ForeignKey]) -> Iterator[Relation]:
    primary = {column.name for column in source.primary_key}
    inside = [item for item in constraints if {near for near, _ in item.pairs} <= primary]
    for one, other in permutations(inside, 2):
        if one.target == other.target:
            continue
        near = tuple((far, mine) for mine, far in one.pairs)
        junction = Junction(key, source, near, other.pairs, one.name, other.name)
        yield Relation(
            key[1], one.target, other.target, Cardinality.MANY_TO_MANY, (), "", False, False, junction, declared=False
        )


def _is_unique(source: sa.FromClause, columns: set[str]) -> bool:
    if not isinstance(source, sa.Table):
        return False
    keys = [source.primary_key, *(item for item in source.constraints if isinstance(item, sa.UniqueConstraint))]
    return any({column.name for column in key.columns} == columns for key in keys)


def _is_equality(join: sa.ColumnElement[bool], count: int) -> bool:
    parts = join.clauses if isinstance(join, sa.BooleanClauseList) and join.operator is operators.and_ else [join]
    return len(parts) == count and all(
        isinstance(part, sa.BinaryExpression)
        and part.operator is operators.eq
        and isinstance(part.left, sa.Column)
        and isinstance(part.right, sa.Column)
        for part in parts
    )


def _behind(holder: sa.FromClause, pairs: Pairs, forward: bool) -> str:
    wanted = set(pairs if forward else ((far, near) for near, far in pairs))
    return next((item.name for item in foreign_keys(holder) if set(item.pairs) == wanted), "")
