"""Which function a call means (``docs/dialects/rest.md`` section 17)."""

import difflib
from collections.abc import Iterable, Mapping

from gemel.catalog import DEFAULT_SCHEMA, Catalog
from gemel.errors import AppError, RequestError
from gemel.functions import Function, by_name
from gemel_rest.parse.rules import Rules, schema_of

HERE = "in the schema cache"
WHOLE_BODY = " or with a single unnamed json/jsonb parameter"


def named_functions(rules: Rules, method: str, name: str, headers: Mapping[str, str]) -> tuple[Function, ...]:
    """All functions of a name; they live in the default schema.

    :raises RequestError: ``PGRST106``.
    """
    schema, _ = schema_of(rules, method, headers)
    return rules.functions.get(name, ()) if schema == DEFAULT_SCHEMA else ()


def find_function(
    rules: Rules, method: str, name: str, arguments: Iterable[str], headers: Mapping[str, str]
) -> Function:
    """The function that takes exactly these arguments (R17-3).

    :raises RequestError: ``PGRST202``, ``PGRST203``.
    """
    given = frozenset(arguments)
    named = named_functions(rules, method, name, headers)
    found = [one for one in named if one.takes(given)]
    if not found:
        raise unknown_function(rules, method, name, given, headers)
    if len(found) > 1:
        raise _ambiguous(found)
    return found[0]


def unknown_function(
    rules: Rules, method: str, name: str, arguments: frozenset[str], headers: Mapping[str, str]
) -> RequestError:
    """``PGRST202``."""
    schema, _ = schema_of(rules, method, headers)
    names = ", ".join(sorted(arguments))
    if names:
        shown, searched = f"({names})", f" with parameter{'s' if len(arguments) > 1 else ''} {names}"
    else:
        shown, searched = " without parameters", " without parameters"
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    whole = WHOLE_BODY if method == "POST" and kind in ("", "application/json") else ""
    return RequestError(
        "PGRST202",
        f"Could not find the function {schema}.{name}{shown} {HERE}",
        f"Searched for the function {schema}.{name}{searched}{whole}, but no matches were found {HERE}.",
        _hint(rules, schema, name, names),
        status=404,
    )


def served_functions(catalog: Catalog, functions: Iterable[Function]) -> dict[str, tuple[Function, ...]]:
    """The functions by name.

    :raises AppError: one gives rows that cannot be found again.
    """
    found = tuple(functions)
    for one in found:
        mapper = one.returns.mapper
        table = catalog.by_mapper(mapper) if mapper is not None else None
        if mapper is not None and (table is None or table.primary_key is None):
            raise AppError(f"function {one.name} gives rows of {mapper.class_.__name__}, which has no primary key")
    return by_name(found)


def _hint(rules: Rules, schema: str, name: str, names: str) -> str | None:
    """The same name with the most similar parameters, else the most similar name."""
    known = {one.signature: one for some in rules.functions.values() for one in some}
    same = [signature for signature, one in known.items() if one.name == name]
    near = difflib.get_close_matches(f"{name}({names})", same, 1, 0)
    if not near:
        names_near = difflib.get_close_matches(name, rules.functions, 1)
        near = [signature for signature, one in known.items() if [one.name] == names_near]
    return f"Perhaps you meant to call the function {schema}.{near[0]}" if near else None


def _ambiguous(found: Iterable[Function]) -> RequestError:
    shown = (
        f"{DEFAULT_SCHEMA}.{one.name}({', '.join(f'{item.name} => {item.type}' for item in one.parameters)})"
        for one in found
    )
    return RequestError(
        "PGRST203",
        f"Could not choose the best candidate function between: {', '.join(shown)}",
        hint="Try renaming the parameters or the function itself so that the overloading can be resolved",
        status=300,
    )
