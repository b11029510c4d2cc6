"""How values are taken out of the variables of a request: run on every request, also when the plan is in the cache."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

from gemel.errors import Location
from gemel_graphql.parse.operation import literal_value
from gemel_graphql.parse.readers import Reader
from gemel_graphql.parse.refuse import Bare
from gemel_graphql.parse.scope import Extract, Scope, Variables


def at_path(name: str, steps: tuple[str | int, ...], read: Reader, at: Location) -> Extract:
    """The value at a place inside a variable, read."""
    if not steps:
        return lambda variables: read(variables[name], at)
    if len(steps) == 1:
        step = steps[0]
        return lambda variables: read(variables[name][step], at)

    def extract(variables: Variables) -> object:
        value = variables[name]
        for step in steps:
            value = value[step]
        return read(value, at)

    return extract


def template(scope: Scope, node: ValueNode, type_: Any, at: Location) -> Extract | None:
    """How to make a literal that has variables inside; ``None`` if it has none."""
    if isinstance(node, VariableNode):
        name = node.name.value
        if get_named_type(type_).name not in {"json", "jsonb"}:  # inside a document any variable may stand
            scope.use(name, type_, has_default=False, at=at)
        if isinstance(get_named_type(type_), GraphQLEnumType):
            return lambda variables: words(variables[name])
        return lambda variables: variables[name]
    type_ = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    match node:
        case ListValueNode():
            item = type_.of_type if isinstance(type_, GraphQLList) else type_
            parts = [_part(scope, value, item, (*at, number)) for number, value in enumerate(node.values)]
            if all(extract is None for extract, _ in parts):
                return None
            return lambda variables: [_fill(part, variables) for part in parts]
        case ObjectValueNode():
            items = ((field.name.value, field.value) for field in node.fields)
            named = [(name, _part(scope, value, type_, (*at, name))) for name, value in items]
            if all(extract is None for _, (extract, _) in named):
                return None
            return lambda variables: {name: _fill(part, variables) for name, part in named}
    return None


def words(value: object) -> object:
    """Values of enums, which are texts in JSON."""
    if isinstance(value, list):
        return [words(item) for item in value]
    return Bare(value) if isinstance(value, str) else value


Part = tuple[Extract | None, object]


def _part(scope: Scope, node: ValueNode, type_: Any, at: Location) -> Part:
    scope.check_depth(at)
    extract = template(scope, node, type_, at)
    return extract, literal_value(node) if extract is None else None


def _fill(part: Part, variables: Variables) -> object:
    extract, constant = part
    return constant if extract is None else extract(variables)
