"""Enum tables: the rows of a table as the values of a type (``docs/dialects/graphql.md`` section 15)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLEnumType, GraphQLEnumValue, GraphQLInputField, GraphQLInputObjectType

from gemel.catalog import Column, TableKey
from gemel_graphql.schema.comparisons import EVERY, comparison, tests
from gemel_graphql.schema.meaning import Rows, meant
from gemel_graphql.schema.names import Names
from gemel_graphql.schema.scalars import Typed
from gemel_graphql.schema.served import NAME, base_name
from gemel_graphql.schema.types import Types

OPERATORS: Final = ("_eq", "_in", "_is_null", "_neq", "_nin")
NOT_VALUES: Final = frozenset({"true", "false", "null"})
"""Words that GraphQL does not take as values of an enum (October 2021, section 3.9)."""


def typed(types: Types, column: Column) -> Typed | GraphQLEnumType:
    """Type of a column's values."""
    return _enum(types, column) or types.typed(column.type)


def compared(types: Types, column: Column) -> GraphQLInputObjectType:
    """Tests of a column."""
    enum = _enum(types, column)
    if enum is None:
        return comparison(types, column.type)
    operators = {name: EVERY[name] for name in OPERATORS}

    def fields() -> dict[str, GraphQLInputField]:
        return dict(tests(types, enum, enum, operators))

    name = f"{_base(column)}_enum_comparison_exp"
    text = f"Boolean expression to compare columns of type \"{enum.name}\". All fields are combined with logical 'AND'."
    return types.input(name, text, fields)


def _base(column: Column) -> str:
    """Base of the enum's names: those of the table, which need not be served."""
    assert column.enum is not None  # noqa: S101 - has been asked
    return base_name(column.enum)


def _enum(types: Types, column: Column) -> GraphQLEnumType | None:
    """The enum of a column that refers to an enum table; none where that could not be made one."""
    rows = types.enums.get(column.enum) if column.enum is not None else None
    if rows is None:
        return None
    name = _base(column)
    values = {types.names.value(value): GraphQLEnumValue(value, text) for value, text in rows.items()}
    capitals = any(name != item.value for name, item in values.items())
    return types.enum(f"{name}_enum", f'values of the table "{name}"', values, meant(Rows(capitals)))


@dataclass(frozen=True)
class Enums:
    """The rows of the enum tables."""

    values: Mapping[TableKey, Mapping[str, str | None]]
    """Descriptions by value, by table."""
    warnings: tuple[str, ...] = ()


def enums_of(rows: Mapping[TableKey, Mapping[str, str | None]], names: Names) -> Enums:
    """The tables that can be enums. A column that refers to another one is of the type that it is stored as."""
    wrong = {key: reason for key, values in rows.items() if (reason := next(_wrong(values, names), None))}
    warnings = tuple(f"table {key[1]!r} is not served as an enum: {reason}" for key, reason in wrong.items())
    return Enums({key: values for key, values in rows.items() if key not in wrong}, warnings)


def _wrong(values: Mapping[str, str | None], names: Names) -> Iterator[str]:
    if not values:
        yield "it has no rows"
    for value in values:
        if not NAME.fullmatch(value) or value in NOT_VALUES:
            yield f"its value {value!r} cannot be written in GraphQL"
    if len({names.value(value) for value in values}) < len(values):
        yield "two of its values are one in capitals"
