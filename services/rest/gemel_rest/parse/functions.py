"""Functions (``docs/dialects/rest.md`` section 17). None are registered, so that none is found."""

from collections.abc import Mapping

from gemel.errors import RequestError
from gemel_rest.parse.filters import is_test
from gemel_rest.parse.path import Resource
from gemel_rest.parse.query import parse_query
from gemel_rest.parse.rules import Rules, schema_of


def unknown_function(
    method: str, resource: Resource, query: bytes, rules: Rules, headers: Mapping[str, str]
) -> RequestError:
    """``PGRST202``."""
    schema, _ = schema_of(rules, method, headers)
    named = f"{schema}.{resource.name}"
    given = [] if method in ("POST", "OPTIONS") else parse_query(query).filters
    names = sorted({name for name, value in given if not is_test(value)})
    shown = f"{named}({', '.join(names)})" if names else f"{named} without parameters"
    searched = f"parameters {', '.join(names)}" if names else "no parameters"
    return RequestError(
        "PGRST202",
        f"Could not find the function {shown} in the schema cache",
        f"Searched for the function {named} with {searched}, but no matches were found in the schema cache.",
        status=404,
    )
