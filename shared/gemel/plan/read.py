"""Plan reads."""

from collections.abc import Iterator
from dataclasses import replace

from gemel.catalog import View
from gemel.plan.conditions import check_measure, plan_slice
from gemel.plan.grouped import check_grouped, check_spread
from gemel.plan.groups import plan_groups
from gemel.plan.keyset import has_cursor, total_order
from gemel.plan.measures import plan_cast, plan_cast_of, plan_count, plan_measure, plan_value
from gemel.plan.model import (
    AggregatePlan,
    All,
    Comparison,
    Computing,
    Group,
    Measures,
    Nested,
    NestedAggregate,
    NodeList,
    OnePlan,
    Output,
    Param,
    Position,
    QueryPlan,
    RootPlan,
    RowsPlan,
    Rule,
    Slice,
    Text,
    Use,
    Value,
)
from gemel.plan.names import Scope, aggregated, column_of, slot_of, use_of
from gemel.policy import Access
from gemel.request import (
    Aggregate,
    AllColumns,
    ColumnField,
    ColumnRef,
    Computed,
    Constant,
    Count,
    Cursor,
    Embed,
    EmbedAggregate,
    Field,
    Groups,
    Measure,
    Nodes,
    One,
    Operator,
    Query,
    Rows,
    Select,
)


def plan_query(access: Access, query: Query) -> QueryPlan:
    """Resolve all names of a query for a role.

    :raises PlanError: a name means nothing, or the role may not use it.
    """
    scope = Scope(access)
    roots = []
    for root in query.roots:
        table = scope.table(root.source, "select")
        match root.content:
            case Select():
                content: RowsPlan | AggregatePlan | OnePlan = plan_rows(scope, table, root.content)
            case Aggregate():
                content = _aggregate(scope, table, root.content)
            case One():
                content = _one(scope, table, root.content)
        # The planner's guess is made of all rows, hidden ones among them.
        estimate = root.estimate if scope.visible(table) is None else None
        roots.append(RootPlan(root.key, content, root.total, estimate))
    return QueryPlan(tuple(roots))


def plan_rows(scope: Scope, table: View, select: Select, *, whole: bool = False) -> RowsPlan:
    """Resolve a select of rows of ``table``.

    :param whole: they are no list that the role's limits apply to: the one row of a to-one relation, or what was
        written.
    """
    most = None if whole else scope.most(table)
    cut = plan_slice(scope, table, select.rows, keyset=has_cursor(select.fields), most=most)
    rows = RowsPlan(scope.whole(table), tuple(_outputs(scope, table, select.fields, cut)), cut, select.strip_nulls)
    if rows.is_grouped:
        check_grouped(rows)
    return rows


def settled(rows: RowsPlan) -> RowsPlan:
    """The same rows in a total order where there can be one: the lists that they make up are made one by one."""
    cut = rows.slice
    if rows.is_grouped or rows.table.primary_key is None or cut.distinct:
        return rows
    if any(sort.use is not None and sort.use.type.is_document for sort in cut.order):
        return rows
    return replace(rows, slice=replace(cut, order=total_order(rows.table, Rows(), cut.order)))


def _one(scope: Scope, table: View, one: One) -> OnePlan:
    tests = []
    for name, slot in one.key:
        column = column_of(table, ColumnRef(name))
        use = Use(column, (), False, column.type)
        tests.append(Comparison(use, Operator.EQ, Param(slot_of(slot), column.type), None, None))
    cut = only(All(tuple(tests)), scope.visible(table))
    return OnePlan(RowsPlan(scope.whole(table), tuple(_outputs(scope, table, one.fields, cut)), cut, False))


def only(where: All | None, visible: Rule | None) -> Slice:
    """The rows that meet a condition, as they come."""
    return Slice(where, (), (), None, None, None, visible=visible)


def _outputs(scope: Scope, table: View, fields: tuple[Field, ...], cut: Slice) -> Iterator[Output]:
    for item in fields:
        match item:
            case ColumnField():
                yield plan_value(table, item)
            case AllColumns():
                for column in table.stored:
                    yield Value(column.name, Use(column, (), False, column.type), None)
            case Constant(key, text):
                yield Text(key, text)
            case Cursor(key):
                yield Position(key, cut.order)
            case Embed(key, link, select, spread):
                hop = scope.hop(table, link)
                rows = plan_rows(scope, scope.seen(hop), select, whole=not hop.relation.to_many)
                nested = Nested(key, hop, settled(rows) if spread and hop.relation.to_many else rows, spread)
                check_spread(table, nested)
                yield nested
            case EmbedAggregate(key, link, aggregate):
                hop = scope.hop(table, link)
                yield NestedAggregate(key, hop, _aggregate(scope, scope.seen(hop), aggregate))
            case Computed():
                yield _group(table, item)


def _group(table: View, item: Computed) -> Group:
    aggregated(table, item.column.at if item.column is not None else ())
    if item.column is None:
        return Group(item.key, item.name, None, None, plan_cast(item.after, None))
    use = use_of(table, item.column)
    before = plan_cast_of(use, item.before, item.column)
    if before is None and not use.path:
        check_measure(item.name, table, use.column.name)
    kept = item.name in ("min", "max")  # gives a value of the column
    after = plan_cast_of(use, item.after, item.column) if kept else plan_cast(item.after, item.column)
    return Group(item.key, item.name, use, before, after)


def _aggregate(scope: Scope, table: View, aggregate: Aggregate) -> AggregatePlan:
    """A limit of the role is one of the nodes: what is computed is computed over all rows (``graphql.md``, G12.2-5)."""
    aggregated(table)
    nodes = (item for item in aggregate.items if isinstance(item, Nodes))
    cut = plan_slice(scope, table, aggregate.rows, keyset=any(has_cursor(item.fields) for item in nodes))
    items: list[Computing] = []
    for item in aggregate.items:
        match item:
            case Measure(key, inner):
                items.append(Measures(key, tuple(plan_measure(table, part) for part in inner)))
            case Nodes(key, fields):
                items.append(NodeList(key, tuple(_outputs(scope, table, fields, cut)), scope.most(table)))
            case Constant(key, text):
                items.append(Text(key, text))
            case Groups():
                items.append(plan_groups(table, item, scope.access.limits.page))
            case Count():
                items.append(plan_count(table, item))
    return AggregatePlan(scope.whole(table), tuple(items), cut)
