"""The operations that an app lists in ``operations.json`` (docs/limits.md): asked for by their id, and the only ones of
roles whose limits say so."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from graphql import GraphQLSchema, GraphQLSyntaxError, parse, strip_ignored_characters, validate

from gemel.errors import AppError, RequestError
from gemel_graphql.parse.refuse import NOT_SUPPORTED

NOT_FOUND: Final = "PERSISTED_QUERY_NOT_FOUND"


class Listed:
    """The list."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """
        :param texts: documents by id.
        :raises AppError: one is no GraphQL.
        """
        self._texts = texts
        self._known = frozenset(_plain(name, text) for name, text in texts.items())

    def text(self, extensions: Mapping[str, Any], given: str | None, document: object) -> str | None:
        """The text of a request that names one of the list.

        :param extensions: of the request: Apollo's ``persistedQuery`` has the id in ``sha256Hash``.
        :param given: the text that is sent along, with which Apollo's clients answer to one that is not found.
        :param document: ``documentId`` of the request (GraphQL over HTTP, appendix on persisted documents).
        :returns: ``None`` if the request names none, and has no text.
        :raises RequestError: there is no such document, or another text for it.
        """
        asked = extensions.get("persistedQuery")
        if asked is None and document is None:
            return given
        if not self._texts:
            raise RequestError(NOT_SUPPORTED, "PersistedQueryNotSupported")
        name = asked.get("sha256Hash") if isinstance(asked, dict) else document
        if not isinstance(name, str):
            raise RequestError("parse-failed", "expected a string as the id of a persisted document")
        name = name.removeprefix("sha256:")
        if given is not None:
            if sha256(given.encode("utf-8", "surrogatepass")).hexdigest() != name.lower():
                raise RequestError("parse-failed", "provided sha does not match query")
            return given
        found = self._texts.get(name)
        if found is None:
            raise RequestError(NOT_FOUND, "PersistedQueryNotFound")
        return found

    def holds(self, text: str) -> bool:
        """Whether a text is on the list, whatever is between its words."""
        try:
            return strip_ignored_characters(text) in self._known
        except GraphQLSyntaxError:
            return False

    def wrong(self, schema: GraphQLSchema) -> dict[str, str]:
        """What is wrong with those that are not valid in a schema, by id."""
        found = {name: validate(schema, parse(text)) for name, text in self._texts.items()}
        return {name: errors[0].message for name, errors in found.items() if errors}


def _plain(name: str, text: str) -> str:
    """:raises AppError: it is no GraphQL."""
    try:
        parse(text, no_location=True)
        return strip_ignored_characters(text)
    except GraphQLSyntaxError as error:
        raise AppError(f"operations.json: {name}: {error.message}") from None
