"""Tests of columns: ``<S>_comparison_exp`` (``docs/dialects/graphql.md`` sections 5.2 to 5.4)."""

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    GraphQLBoolean,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
)

from gemel.catalog import Kind, ValueType
from gemel.catalog.types import simple
from gemel.request import Operator
from gemel_graphql.schema.meaning import Part, Test, meant
from gemel_graphql.schema.scalars import is_array, scalar_name
from gemel_graphql.schema.search import text_search
from gemel_graphql.schema.types import Types

EVERY: Final[Mapping[str, Test]] = {
    "_eq": Test(Operator.EQ),
    "_gt": Test(Operator.GT),
    "_gte": Test(Operator.GTE),
    "_in": Test(Operator.IN, value="list"),
    "_is_null": Test(Operator.NULL, value="truth"),
    "_lt": Test(Operator.LT),
    "_lte": Test(Operator.LTE),
    "_neq": Test(Operator.NEQ),
    "_nin": Test(Operator.IN, negated=True, value="list"),
}
TEXT: Final[Mapping[str, Test]] = {
    f"_{prefix}{name}": Test(operator, negated=bool(prefix), value="text")
    for name, operator in (
        ("like", Operator.LIKE),
        ("ilike", Operator.ILIKE),
        ("similar", Operator.SIMILAR),
        ("regex", Operator.REGEX),
        ("iregex", Operator.IREGEX),
    )
    for prefix in ("", "n")
}
SEARCH: Final[Mapping[str, Test]] = {"_search": Test(Operator.FTS_WEB, value="search")}
CONTAINMENT: Final[Mapping[str, Test]] = {
    "_contains": Test(Operator.CONTAINS),
    "_contained_in": Test(Operator.CONTAINED),
}
KEYS: Final[Mapping[str, Test]] = {
    "_has_key": Test(Operator.HAS_KEY, value="text"),
    "_has_keys_any": Test(Operator.HAS_KEYS_ANY, value="texts"),
    "_has_keys_all": Test(Operator.HAS_KEYS_ALL, value="texts"),
}
_MEANINGS: Final[Mapping[str, str]] = {
    "_like": "does the column match the given pattern",
    "_nlike": "does the column NOT match the given pattern",
    "_ilike": "does the column match the given case-insensitive pattern",
    "_nilike": "does the column NOT match the given case-insensitive pattern",
    "_similar": "does the column match the given SQL regular expression",
    "_nsimilar": "does the column NOT match the given SQL regular expression",
    "_regex": "does the column match the given POSIX regular expression, case sensitive",
    "_nregex": "does the column NOT match the given POSIX regular expression, case sensitive",
    "_iregex": "does the column match the given POSIX regular expression, case insensitive",
    "_niregex": "does the column NOT match the given POSIX regular expression, case insensitive",
    "_search": "does the column meet the text search",
    "_contains": "does the column contain the given json value at the top level",
    "_contained_in": "is the column contained in the given json value",
    "_has_key": "does the string exist as a top-level key in the column",
    "_has_keys_any": "do any of these strings exist as top-level keys in the column",
    "_has_keys_all": "do all of these strings exist as top-level keys in the column",
}


def comparison(types: Types, type_: ValueType) -> GraphQLInputObjectType:
    """Tests of a column of some type."""
    type_ = type_.served
    scalar = scalar_name(type_)
    name = f"{scalar}_array_comparison_exp" if is_array(type_) else f"{scalar}_comparison_exp"
    description = (
        f"Boolean expression to compare columns of type \"{scalar}\". All fields are combined with logical 'AND'."
    )
    text = types.scalar(type_) if type_.is_text else GraphQLString

    def members() -> dict[str, GraphQLInputField]:
        found = dict(tests(types, types.typed(type_), text, tests_of(type_)))
        return {"_cast": _cast(types, scalar), **found} if type_.kind is Kind.JSONB else found

    return types.input(name, description, members)


def _cast(types: Types, scalar: str) -> GraphQLInputField:
    """Tests of the text of a document."""
    as_text = comparison(types, simple(Kind.TEXT))
    member = GraphQLInputField(as_text, extensions=meant(Part("String")))
    made = types.input(f"{scalar}_cast_exp", None, lambda: {"String": member})
    return GraphQLInputField(made, extensions=meant(Part("cast")))


def tests_of(type_: ValueType) -> Mapping[str, Test]:
    """Operators of a type."""
    type_ = type_.served
    more: Mapping[str, Test] = {}
    if scalar_name(type_) in {"String", "bpchar", "citext"} and not is_array(type_):
        more = {**TEXT, **SEARCH}
    elif type_.name == "tsvector":
        more = SEARCH
    elif type_.kind is Kind.JSONB:
        more = {**CONTAINMENT, **KEYS}
    elif is_array(type_):
        more = CONTAINMENT
    return dict(sorted({**EVERY, **more}.items()))


def tests(
    types: Types, column: GraphQLInputType, text: GraphQLInputType, operators: Mapping[str, Test]
) -> Iterator[tuple[str, GraphQLInputField]]:
    """Operators as members of an input.

    :param column: type of the column's values.
    :param text: type of patterns.
    """
    arguments: dict[str, GraphQLInputType] = {
        "column": column,
        "list": GraphQLList(GraphQLNonNull(column)),
        "text": text,
        "texts": GraphQLList(GraphQLNonNull(GraphQLString)),
        "truth": GraphQLBoolean,
        "search": text_search(types),
    }
    for name, test in operators.items():
        yield name, GraphQLInputField(arguments[test.value], description=_MEANINGS.get(name), extensions=meant(test))
