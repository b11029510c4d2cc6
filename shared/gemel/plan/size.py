"""How large a plan is: what the limits of a role are held against (``docs/limits.md``)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from gemel.apart import give_way
from gemel.errors import LimitExceeded
from gemel.limits import Limits
from gemel.plan.model import (
    AggregatePlan,
    All,
    Any,
    Comparison,
    Exists,
    GroupList,
    KeyOf,
    Measured,
    MeasureOf,
    Measures,
    Negation,
    Nested,
    NestedAggregate,
    NodeList,
    OnePlan,
    Param,
    QueryPlan,
    RootPlan,
    RowsPlan,
    Slice,
    Sort,
    Test,
)
from gemel.plan.write_model import (
    AlongPlan,
    DeletePlan,
    InsertPlan,
    MutationPlan,
    RowsToInsert,
    UpdatePlan,
    WritePlan,
)

FAN_OUT: Final = 10
"""Rows that are taken to be related to one along a to-many relation."""
LISTED: Final = 1000
"""Rows that a list without a limit is taken to have."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Rows that part of a plan is estimated to touch."""

    most: int
    """Rows of this list, unless ``limit`` gives fewer."""
    limit: Param | None
    each: int
    """What a row costs, beside the lists below it."""
    below: tuple["Cost", ...] = ()

    def rows(self, values: Sequence[object] | None = None) -> int:
        """The estimate.

        :param values: of the slots; without them limits are not looked at.
        """
        count = self.most
        if self.limit is not None and values is not None:
            given = values[self.limit.slot]
            count = min(count, max(given, 0)) if isinstance(given, int) else count
        return count * (self.each + sum(part.rows(values) for part in self.below))


@dataclass(frozen=True, slots=True)
class Size:
    """Of a plan, or of a part of it."""

    depth: int = 0
    """Levels of rows."""
    fields: int = 0
    """Fields, conditions, sort keys."""
    costs: tuple[Cost, ...] = ()

    def check(self, limits: Limits) -> tuple[Cost, ...]:
        """What is left to be checked once the values are known: nothing, if no values can make it too dear.

        :raises LimitExceeded: it is too large.
        """
        if limits.depth is not None and self.depth > limits.depth:
            text = f"the request is {self.depth} levels of rows deep; the role may ask for {limits.depth}"
            raise LimitExceeded("depth", text)
        if limits.fields is not None and self.fields > limits.fields:
            text = f"the request has {self.fields} fields, conditions and sort keys; the role may have {limits.fields}"
            raise LimitExceeded("fields", text)
        dear = limits.cost is not None and sum(cost.rows() for cost in self.costs) > limits.cost
        return self.costs if dear else ()


def check_cost(costs: tuple[Cost, ...], limits: Limits, values: Sequence[object]) -> None:
    """
    :param values: of the slots.
    :raises LimitExceeded: with these values it is too dear.
    """
    rows = sum(cost.rows(values) for cost in costs)
    if limits.cost is not None and rows > limits.cost:
        text = f"the request is estimated to touch {rows} rows; the role may ask for {limits.cost}"
        raise LimitExceeded("cost", f"{text}. Ask for fewer rows at a time, by a limit at each level")


Found: TypeAlias = Iterator[Size]


def within_limits(limits: Limits, plan: QueryPlan | MutationPlan) -> tuple[Cost, ...]:
    """Hold a plan against the limits of a role.

    :returns: what is left for ``check_cost`` to look at with the values of each request; nothing, if no values can make
        it too dear.
    :raises LimitExceeded: it is too large whatever the values are.
    """
    if limits.depth is None and limits.fields is None and limits.cost is None:
        return ()
    return size_of(plan, limits.page).check(limits)


def size_of(plan: QueryPlan | MutationPlan, page: int | None) -> Size:
    """The size of a plan.

    :param page: rows that any list has at most.
    """
    listed = LISTED if page is None else page
    roots = plan.roots if isinstance(plan, QueryPlan) else plan.writes
    return _together(item for root in roots for item in _root(root, listed))


def _root(root: RootPlan | WritePlan, listed: int) -> Found:
    match root:
        case RootPlan(content=RowsPlan() as rows):
            yield _rows(rows, listed)
        case RootPlan(content=AggregatePlan() as aggregate):
            yield _aggregate(aggregate, listed)
        case RootPlan(content=OnePlan(rows)):
            yield _rows(rows, 1)
        case InsertPlan(rows, returning=returning):
            yield from _inserted(rows)
            yield from (_rows(item, FAN_OUT) for item in returning)
        case UpdatePlan() | DeletePlan():
            yield from _changed(root)


def _together(parts: Iterable[Size], *, below: bool = False) -> Size:
    """Of several parts: the deepest, all fields, all costs.

    :param below: they are a level below what is meant.
    """
    depth, fields, costs = 0, 0, list[Cost]()
    for part in parts:
        give_way()
        depth = max(depth, part.depth)
        fields += part.fields
        costs += part.costs
    return Size(depth + below, fields, tuple(costs))


_FIELD: Final = Size(fields=1)


def _rows(plan: RowsPlan, listed: int) -> Size:
    return _list(plan.slice, listed, _outputs(plan.fields))


def _list(cut: Slice, listed: int, parts: Iterable[Size]) -> Size:
    """A list with what is asked of each of its rows."""
    inner = _together(parts)
    chosen = _together((*_test(cut.where), *(_sort(one) for one in cut.order), *(_FIELD for _ in cut.distinct)))
    most = listed if cut.most is None else min(cut.most, listed)
    each = 1 + sum(cost.most for cost in chosen.costs)
    depth = 1 + max(inner.depth, chosen.depth)
    return Size(depth, inner.fields + chosen.fields, (Cost(most, cut.limit, each, inner.costs),))


def _outputs(fields: Iterable[object]) -> Found:
    for item in fields:
        yield _FIELD
        match item:
            case Nested(hop=hop, rows=rows):
                yield _rows(rows, FAN_OUT if hop.relation.to_many else 1)
            case NestedAggregate(aggregate=aggregate):
                yield _aggregate(aggregate, FAN_OUT)


def _aggregate(plan: AggregatePlan, listed: int) -> Size:
    return _list(plan.slice, listed, _computed(plan.items))


def _computed(items: Iterable[object]) -> Found:
    for item in items:
        yield _FIELD
        match item:
            case Measures(items=inner) | GroupList(items=inner):
                yield from _computed(inner)
            case MeasureOf(values=values) | KeyOf(values=values):
                yield Size(fields=len(values))
            case NodeList(fields=fields):
                yield from _outputs(fields)
        if isinstance(item, GroupList):
            yield Size(fields=len(item.by) + len(item.order))


def _sort(sort: Sort) -> Size:
    hops = len(sort.path) + (sort.many is not None)
    return _together((_FIELD, *_test(sort.where), *_hops(hops)))


def _hops(levels: int) -> Found:
    """Steps to other rows, for each row that is looked at."""
    if levels:
        yield Size(levels, 0, (Cost(levels, None, 1),))


def _test(test: Test | None) -> Found:
    match test:
        case All(items) | Any(items):
            for item in items:
                yield from _test(item)
        case Negation(item):
            yield from _test(item)
        case Comparison(use):
            yield _FIELD
            if isinstance(use, Measured):
                yield from _hops(1)
                yield from _below(use.where)
        case Exists(where=where):
            yield _FIELD
            yield from _hops(1)
            yield from _below(where)


def _below(where: Test | None) -> Found:
    yield _together(_test(where), below=True)


# --- writes ------------------------------------------------------------------


def _changed(plan: UpdatePlan | DeletePlan) -> Found:
    yield _chosen(plan.where)
    yield from (_rows(item, FAN_OUT) for item in plan.returning)
    if isinstance(plan, UpdatePlan):
        yield Size(fields=len(plan.assignments))
        for along in plan.along:
            yield _together(_along(along), below=True)


def _along(plan: AlongPlan) -> Found:
    changes: tuple[UpdatePlan | DeletePlan, ...] = (*plan.deletes, *plan.updates)
    for one in changes:
        yield from _changed(one)
    if plan.insert is not None:
        yield from _inserted(plan.insert)


def _inserted(rows: RowsToInsert) -> Found:
    if rows.conflict is not None:
        yield _chosen(rows.conflict.where)
    for shape in rows.shapes:
        yield Size(1, len(shape.columns))
        for _, nested in (*shape.first, *shape.then):
            yield _together(_inserted(nested.rows), below=True)


def _chosen(where: Test | None) -> Size:
    """Of a condition of a write: how many rows it looks at is not estimated."""
    return replace(_together(_test(where)), costs=())
