"""Which relation a link means (``docs/dialects/rest.md`` section 7; in GraphQL only declared ones)."""

from collections.abc import Iterator, Mapping

from gemel.catalog import Relation, View
from gemel.catalog.model import Pairs
from gemel.errors import AmbiguousRelation, UnknownRelation
from gemel.request import Link


def find_relation(table: View, link: Link) -> Relation:
    """The relation of ``table`` that the link names.

    :raises UnknownRelation: nothing fits.
    :raises AmbiguousRelation: more than one does, and the link has no hint that singles one out.
    """
    declared = table.relations.get(link.name)
    if declared is not None and (link.hint is None or _is_hinted(declared, link.hint)):
        return declared
    found = [item for item in table.detected if _is_named(item, link)] if link.detect else []
    if link.hint is not None:
        found = [item for item in found if _is_hinted(item, link.hint)]
    if len(found) > 1:
        candidates = [_candidate(item, link.name) for item in found]
        raise AmbiguousRelation(table.name, found[0].target[1], candidates, at=link.at)
    if not found:
        raise UnknownRelation(table.name, link.name, table.schema, link.hint, at=link.at)
    return found[0]


def _is_named(item: Relation, link: Link) -> bool:
    to_self = item.origin == item.target
    if item.target[1] == link.name:
        return not (to_self and item.forward)  # the table's own name means the children
    if item.junction is not None:
        return False
    if item.constraint == link.name:
        return not to_self
    return len(item.pairs) == 1 and item.pairs[0][0] == link.name


def _is_hinted(item: Relation, hint: str) -> bool:
    if item.junction is not None:
        return hint in (item.junction.table[1], item.junction.near_constraint, item.junction.far_constraint)
    return item.constraint == hint or (len(item.pairs) == 1 and hint in item.pairs[0])


def _candidate(item: Relation, target: str) -> Mapping[str, str]:
    origin, other = item.origin[1], item.target[1]
    if item.junction is not None:
        near = _columns((mine, there) for there, mine in item.junction.near)
        far = _columns(item.junction.far)
        name = item.junction.table[1]
        using = f"{name} using {item.junction.near_constraint}{near} and {item.junction.far_constraint}{far}"
    else:
        name = item.constraint
        back = tuple((far, near) for near, far in item.pairs)
        using = f"{name} using {origin}{_columns(item.pairs)} and {other}{_columns(back)}"
    return {
        "cardinality": item.cardinality.value,
        "embedding": f"{origin} with {other}",
        "relationship": using,
        "name": f"{target}!{name}",
    }


def _columns(pairs: Pairs | Iterator[tuple[str, str]]) -> str:
    return f"({', '.join(near for near, _ in pairs)})"
