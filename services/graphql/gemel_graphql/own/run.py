"""Run own root fields: resolvers first, then one read of the rows that they named."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from json import JSONDecoder
from typing import Any, Final

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute,
    get_named_type,
    validate,
)
from sqlalchemy.orm import Mapper

from gemel.auth import Actor
from gemel.errors import GemelError, RequestError
from gemel.request import (
    ColumnField,
    ColumnRef,
    Field,
    Root,
    Rows,
    Select,
    Source,
    key_of,
)
from gemel.serve import Answer, Engine
from gemel_graphql.own.context import Context
from gemel_graphql.own.schema import Own
from gemel_graphql.parse.contents import contents
from gemel_graphql.parse.reads import fields
from gemel_graphql.parse.refuse import VALIDATION
from gemel_graphql.parse.request import Resolved
from gemel_graphql.parse.scope import Scope
from gemel_graphql.parse.selection import Selected, arguments, collect
from gemel_graphql.schema.served import Served

KEY: Final = "~"
"""Begin of the names under which the keys are read beside what was asked; no response name has it."""


@dataclass(frozen=True, eq=False)
class Place:
    """A place in the answer of a resolver where rows of a table stand."""

    path: tuple[str, ...]
    served: Served
    fields: tuple[Field, ...]


@dataclass(eq=False)
class OwnAnswers:
    """What own root fields answer; rows are put in by ``fill``."""

    data: dict[str, Any] = field(default_factory=dict)
    found: list["_Found"] = field(default_factory=list)

    def roots(self, scope: Scope) -> tuple[Root, ...]:
        """What has to be read: one root for each place that has rows."""
        return tuple(_root(scope, number, item) for number, item in enumerate(self.found))

    def fill(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """JSON text of every root field.

        :param answers: to ``roots``.
        """
        for item, answer in zip(self.found, answers, strict=True):
            item.fill(dict(_rows(answer.body, len(item.columns))))
        return {key: orjson.dumps(value, default=str).decode() for key, value in self.data.items()}


async def resolve_own(engine: Engine, own: Own, scope: Scope, outputs: Sequence[Resolved], actor: Actor) -> OwnAnswers:
    """Run the resolvers in the order asked, in one session.

    :raises GemelError: the request is wrong, or a resolver raised one on purpose.
    """
    answers = OwnAnswers()
    prepared = [_prepare(scope, output) for output in outputs]
    places: list[tuple[Any, Place]] = []
    access = engine.access.of(actor.access)
    async with engine.session(seconds=access.limits.timeout) as session:
        context = Context(actor, session, access)
        for output, (node, inner) in zip(outputs, prepared, strict=True):
            result = await _execute(own, scope, node, context)
            answers.data[output.key] = result[output.key]
            places += [(answers.data, place) for place in inner]
    for data, place in places:  # after the commit: only then a new row has a key that others can see
        holders = list(_objects(data, place.path))
        if holders:
            answers.found.append(_Found.of(place, own.mappers[place.served.table.key], holders))
    return answers


# --- resolvers ---------------------------------------------------------------


def _prepare(scope: Scope, output: Resolved) -> tuple[FieldNode, list[Place]]:
    places: list[Place] = []
    return _stripped(scope, output.selected, (output.key,), places), places


def _stripped(scope: Scope, selected: Selected, path: tuple[str, ...], places: list[Place]) -> FieldNode:
    """The field without what is selected of rows, which Strawberry knows nothing of."""
    first = selected.nodes[0]
    inner = None
    if selected.field is not None:
        arguments(scope, selected)  # names and variables, in the dialect's words; values are Strawberry's to read
    if selected.field is not None and isinstance(get_named_type(selected.field.type), GraphQLObjectType):
        served = _table_of(selected)
        if served is not None:
            places.append(Place(path, served, fields(scope, selected)))
        else:
            chosen = collect(scope, selected.sets, selected.type, selected.at)
            nodes = tuple(_stripped(scope, item, (*path, item.key), places) for item in chosen)
            inner = SelectionSetNode(selections=nodes)
    return FieldNode(
        name=first.name,
        alias=NameNode(value=selected.key),
        arguments=first.arguments,
        directives=(),
        selection_set=inner,
    )


def _table_of(selected: Selected) -> Served | None:
    return selected.type.extensions.get("gemel")


async def _execute(own: Own, scope: Scope, node: FieldNode, context: Context) -> dict[str, Any]:
    operation = scope.operation
    used = contents(node).variables
    definitions = [item for item in operation.node.variable_definitions or () if item.variable.name.value in used]
    document = DocumentNode(
        definitions=(
            OperationDefinitionNode(
                operation=OperationType(operation.kind),
                name=None,
                variable_definitions=tuple(definitions),
                directives=(),
                selection_set=SelectionSetNode(selections=(node,)),
            ),
        )
    )
    for error in validate(own.schema, document, max_errors=1):
        raise RequestError(VALIDATION, error.message, at=("selectionSet", node.name.value))
    values = {name: scope.values[name] for name in used}
    result = execute(own.schema, document, context_value=context, variable_values=values)
    if isawaitable(result):
        result = await result
    return _data(result, node)


def _data(result: ExecutionResult, node: FieldNode) -> dict[str, Any]:
    if not result.errors and result.data is not None:
        return result.data
    error = result.errors[0] if result.errors else GraphQLError("no data")
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        told = original if isinstance(original, GraphQLError) else error
        code = str((told.extensions or {}).get("code", VALIDATION))
        raise RequestError(code, told.message, at=("selectionSet", node.name.value))
    if isinstance(original, GemelError):
        raise original
    raise original  # a bug of the app: the endpoint logs it and tells the client nothing


# --- rows --------------------------------------------------------------------


def _objects(value: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    """(container, index) of every object at a path, through lists."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, list | dict):
                yield from _objects(item, path)
            elif item is not None and not path:
                yield value, index
    elif isinstance(value, dict) and path:
        inner = value.get(path[0])
        if len(path) > 1 or isinstance(inner, list):
            yield from _objects(inner, path[1:])
        elif inner is not None:
            yield value, path[0]


@dataclass(frozen=True, eq=False)
class _Found:
    """The objects of one place, and their keys."""

    place: Place
    columns: tuple[str, ...]
    holders: Sequence[tuple[Any, Any]]
    keys: Sequence[tuple[object, ...]]

    @classmethod
    def of(cls, place: Place, mapper: Mapper[Any], holders: Sequence[tuple[Any, Any]]) -> "_Found":
        columns = tuple(column.name for column in mapper.primary_key)
        keys = [_key(place, mapper, container[index]) for container, index in holders]
        return cls(place, columns, holders, keys)

    def fill(self, rows: Mapping[tuple[str, ...], str]) -> None:
        """Put the rows in their places. One that a policy hides is not there: null, or missing from its list."""
        gone: dict[int, tuple[list[Any], list[int]]] = {}
        for (container, index), key in zip(self.holders, self.keys, strict=True):
            text = rows.get(_comparable(key))
            container[index] = orjson.Fragment(text) if text is not None else None
            if text is None and not self.place.served.table.filtered:
                name = self.place.served.name
                raise RequestError("unexpected", f"the resolver gave a row of {name!r} that is not in the database")
            if text is None and isinstance(container, list):
                gone.setdefault(id(container), (container, []))[1].append(index)
        for container, indexes in gone.values():
            for index in reversed(indexes):
                del container[index]


def _key(place: Place, mapper: Mapper[Any], item: object) -> tuple[object, ...]:
    try:
        return key_of(mapper, item)
    except TypeError as error:
        raise TypeError(f"{'.'.join(place.path)}: the resolver gave what is no {place.served.name}: {error}") from error


def _comparable(key: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(str(value) for value in key)


def _root(scope: Scope, number: int, item: _Found) -> Root:
    table = item.place.served.table
    keys = tuple(ColumnField(f"{KEY}{index}", ColumnRef(name)) for index, name in enumerate(item.columns))
    rows = Rows(keys=scope.constant(list(dict.fromkeys(item.keys))))
    return Root(f"{KEY}{number}", Source(table.schema, table.name), Select((*keys, *item.place.fields), rows))


_DECODER: Final = JSONDecoder(parse_float=str)


def _rows(body: str, keys: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """(key, text) of each row of an array. The text stays as it is, so that no number loses a digit."""
    position = 1
    while position < len(body) and body[position] == "{":
        _, end = _DECODER.raw_decode(body, position)
        yield _split(body[position:end], keys)
        position = end + 1  # past the comma


def _split(row: str, keys: int) -> tuple[tuple[str, ...], str]:
    """Take the keys, which come first, out of a row."""
    position, key = 1, []
    for index in range(keys):
        position += len(f'"{KEY}{index}":')
        value, position = _DECODER.raw_decode(row, position)
        key.append(str(value))
        position += 1  # past the comma or the closing brace
    rest = row[position:]
    return tuple(key), "{" + rest if rest else "{}"
