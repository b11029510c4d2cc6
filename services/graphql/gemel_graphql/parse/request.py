"""Parse an operation: from its document and the values of its variables to a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from graphql import DirectiveNode, FieldNode, GraphQLObjectType, OperationType

from gemel.errors import RequestError
from gemel.request import Mutation, One, Query, Root, Select, Source, Write
from gemel_graphql.parse.operation import Operation
from gemel_graphql.parse.reads import aggregate, fields, rows
from gemel_graphql.parse.refuse import NOT_SUPPORTED, refuse
from gemel_graphql.parse.scope import Scope, Variables
from gemel_graphql.parse.selection import Selected, arguments, arguments_of, collect, included
from gemel_graphql.parse.streams import Stream, stream
from gemel_graphql.parse.writes import Response, key_slots, write
from gemel_graphql.schema.build import CACHED, Schema
from gemel_graphql.schema.meaning import (
    AggregateField,
    ByKeyField,
    NoQueries,
    OwnField,
    RowsField,
    StreamField,
    WriteField,
    meaning_of,
)

INTROSPECTION: Final = frozenset({"__schema", "__type"})


# --- members of the answer, in order -----------------------------------------


@dataclass(frozen=True)
class Text:
    """A constant."""

    key: str
    text: str


@dataclass(frozen=True)
class Read:
    """What came of a root of the query."""

    key: str
    index: int


@dataclass(frozen=True)
class Changed:
    """What came of a write of the mutation, or of several that follow each other."""

    key: str
    index: int
    count: int
    response: Response


@dataclass(frozen=True)
class Introspected:
    """A field of introspection."""

    key: str
    nodes: tuple[FieldNode, ...]


@dataclass(frozen=True, eq=False)
class Resolved:
    """A field of the app's own."""

    key: str
    selected: Selected


Output: TypeAlias = Text | Read | Changed | Introspected | Resolved


@dataclass(frozen=True, eq=False)
class Parsed:
    """An operation, ready to be planned."""

    outputs: tuple[Output, ...]
    query: Query | None
    mutation: Mutation | None
    scope: Scope
    stream: Stream | None = None
    """How the rows of the query follow each other, of a streaming subscription."""


def parse_operation(schema: Schema, operation: Operation, values: Variables, *, live: bool = False) -> Parsed:
    """Check an operation against the schema and translate it.

    :param values: of all variables (``operation.resolve``).
    :param live: the transport can carry subscriptions.
    :raises RequestError: in the dialect's words.
    """
    scope = Scope(operation, values)
    _check_directives(scope, operation)
    match operation.kind:
        case OperationType.SUBSCRIPTION if not live:
            text = "subscriptions are not supported over HTTP, use websockets instead"
            raise RequestError("unexpected-payload", text)
        case OperationType.SUBSCRIPTION:
            return _subscription(schema, scope)
        case OperationType.MUTATION:
            return _mutation(schema, scope)
    return _reads(schema.query, scope, _selected(schema.query, scope))


def _subscription(schema: Schema, scope: Scope) -> Parsed:
    """A live query (section 13.1)."""
    if schema.subscription is None:
        raise refuse("no subscriptions exist")
    items = _selected(schema.subscription, scope)
    streamed = _streamed(scope, items)
    if streamed is not None:
        return streamed
    parsed = _reads(schema.subscription, scope, items)
    if any(isinstance(output, Introspected) for output in parsed.outputs):
        raise RequestError(NOT_SUPPORTED, "introspection is not supported in subscriptions")
    if len(parsed.outputs) != 1 or parsed.query is None:
        raise refuse("subscriptions must select one top level field")
    return parsed


def _streamed(scope: Scope, items: Sequence[Selected]) -> Parsed | None:
    """A streaming subscription (section 13.2); ``None`` if it is none."""
    meanings = [meaning_of(item.field) for item in items if item.field is not None]
    meaning = next((one for one in meanings if isinstance(one, StreamField)), None)
    if meaning is None:
        return None
    if len(items) != 1:
        raise refuse("subscriptions must select one top level field")
    found, how = stream(scope, items[0], meaning)
    return Parsed((Read(items[0].key, 0),), Query((found,)), None, scope, how)


def _check_directives(scope: Scope, operation: Operation) -> None:
    """``@cached`` is accepted on a query, and changes nothing."""
    others: list[DirectiveNode] = []
    for directive in operation.node.directives or ():
        if directive.name.value == "cached" and operation.kind is OperationType.QUERY:
            arguments_of(scope, directive.arguments, CACHED, "cached", ("directives", "cached"))
        else:
            others.append(directive)
    if others:
        included(scope, [item for item in others if item.name.value not in {"include", "skip"}], ())
        raise refuse(f"directive '{others[0].name.value}' is not allowed on {_kind(operation)}")


def _kind(operation: Operation) -> str:
    return f"a {operation.kind.value}"


def _selected(root: GraphQLObjectType, scope: Scope) -> Sequence[Selected]:
    return collect(scope, [scope.operation.node.selection_set], root, (), INTROSPECTION)


def _reads(root: GraphQLObjectType, scope: Scope, items: Sequence[Selected]) -> Parsed:
    outputs: list[Output] = []
    roots: list[Root] = []
    for item in items:
        if item.name in INTROSPECTION:
            outputs.append(Introspected(item.key, tuple(item.nodes)))
            continue
        if item.field is None:
            outputs.append(Text(item.key, root.name))
            continue
        meaning = meaning_of(item.field)
        if isinstance(meaning, NoQueries):
            outputs.append(Text(item.key, item.field.description or ""))
        elif isinstance(meaning, OwnField):
            outputs.append(Resolved(item.key, item))
        else:
            outputs.append(Read(item.key, len(roots)))
            roots.append(_root(scope, item, meaning))
    return Parsed(tuple(outputs), Query(tuple(roots)) if roots else None, None, scope)


def _root(scope: Scope, item: Selected, meaning: RowsField | AggregateField | ByKeyField) -> Root:
    table = meaning.table
    source = Source(table.schema, table.name, at=item.at)
    match meaning:
        case RowsField():
            return Root(item.key, source, Select(fields(scope, item, listed=True), rows(arguments(scope, item))))
        case AggregateField():
            return Root(item.key, source, aggregate(scope, item))
        case ByKeyField():
            given = arguments(scope, item)
            return Root(item.key, source, One(key_slots(table, given), fields(scope, item)))


def _mutation(schema: Schema, scope: Scope) -> Parsed:
    if schema.mutation is None:
        raise refuse("no mutations exist")
    outputs: list[Output] = []
    writes: list[Write] = []
    node = scope.operation.node
    for item in collect(scope, [node.selection_set], schema.mutation, ()):
        if item.field is None:
            outputs.append(Text(item.key, schema.mutation.name))
            continue
        meaning = meaning_of(item.field)
        if isinstance(meaning, WriteField):
            more, response = write(scope, item, meaning)
            outputs.append(Changed(item.key, len(writes), len(more), response))
            writes += more
        else:
            outputs.append(Resolved(item.key, item))
    changes = any(isinstance(output, Changed) for output in outputs)
    if changes and any(isinstance(output, Resolved) for output in outputs):
        text = "own mutations of the app run in a transaction of their own: send them in another operation"
        raise RequestError(NOT_SUPPORTED, text)
    return Parsed(tuple(outputs), None, Mutation(tuple(writes)) if changes else None, scope)
