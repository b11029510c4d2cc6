"""Text search in filters (``docs/dialects/graphql.md`` section 20)."""

from collections.abc import Mapping
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLString,
)

from gemel.request import Operator
from gemel_graphql.schema.meaning import Part, SearchMode, meant
from gemel_graphql.schema.types import Types

MODES: Final[Mapping[str, tuple[Operator, str]]] = {
    "phrase": (Operator.FTS_PHRASE, "the words one after the other"),
    "plain": (Operator.FTS_PLAIN, "all of the words"),
    "tsquery": (Operator.FTS, "words with & | ! <-> and brackets"),
    "web": (Operator.FTS_WEB, "words, phrases in quotes, or, and - before what is excluded"),
}


def text_search(types: Types) -> GraphQLInputObjectType:
    """What is searched for, and how it is written."""

    def fields() -> dict[str, GraphQLInputField]:
        return {
            "language": GraphQLInputField(
                GraphQLString, description="text search configuration of PostgreSQL", extensions=meant(Part("language"))
            ),
            "mode": GraphQLInputField(_mode(types), description="default: web", extensions=meant(Part("mode"))),
            "query": GraphQLInputField(GraphQLNonNull(GraphQLString), extensions=meant(Part("query"))),
        }

    return types.input("text_search_exp", "a text search", fields)


def _mode(types: Types) -> GraphQLEnumType:
    values = {
        name: GraphQLEnumValue(name, text, extensions=meant(SearchMode(operator)))
        for name, (operator, text) in MODES.items()
    }
    return types.enum("text_search_mode", "how the query of a text search is written", values)
