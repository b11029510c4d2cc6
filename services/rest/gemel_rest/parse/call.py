"""Calls of functions (``docs/dialects/rest.md`` section 17)."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from gemel.catalog import Kind, View
from gemel.errors import Denied, RequestError
from gemel.functions import Function, Parameter
from gemel.request import Query, Root, Slot, Source
from gemel_rest.parse.accept import Media, parse_accept
from gemel_rest.parse.array import parse_array
from gemel_rest.parse.body import parse_rows
from gemel_rest.parse.build import Builder, columns_of
from gemel_rest.parse.filters import is_test
from gemel_rest.parse.functions import find_function, named_functions
from gemel_rest.parse.model import FunctionCall, ReadShape
from gemel_rest.parse.path import Resource
from gemel_rest.parse.prefer import Preferences, parse_prefer
from gemel_rest.parse.query import Parameters, parse_query
from gemel_rest.parse.ranges import intersect
from gemel_rest.parse.read import APPLIED, KEY
from gemel_rest.parse.rules import Rules, kept, schema_of
from gemel_rest.parse.text import not_implemented
from gemel_rest.parse.tree import parse_tree


def parse_call(
    rules: Rules, method: str, resource: Resource, query: bytes, headers: Mapping[str, str], body: bytes = b""
) -> FunctionCall:
    """The call that a GET, HEAD or POST of a function makes.

    :param headers: by lower-case name.
    :raises RequestError, NotEmbedded: it is not well formed, or means no function.
    """
    parameters = parse_query(query)
    if method == "POST":
        given = _members(body, headers)
    else:
        own = {one.name for same in named_functions(rules, method, resource.name, headers) for one in same.parameters}
        given, parameters = _split(parameters, own)
    called = find_function(rules, method, resource.name, given, headers)
    if method != "POST" and called.writes:
        text = f"cannot execute the function {called.name} in a read-only transaction"
        raise RequestError("25006", text, hint="It writes: call it by POST.", status=405)
    arguments = {one.name: _value(one, given[one.name]) for one in called.parameters if one.name in given}
    preferences = parse_prefer(headers.get("prefer", ""))
    media = parse_accept(headers.get("accept", ""))
    _, profile = schema_of(rules, method, headers)
    shape = _shape(rules, called, media, preferences, profile)
    if called.returns.form == "row":
        return _rows(rules, called, arguments, parameters, shape, headers if method == "GET" else {}, preferences)
    _check(called, parameters, media, preferences)
    exactly = 1 if shape.singular and called.returns.many else None
    return FunctionCall(
        called, arguments, None, (), shape, exactly, preferences.max_affected, _kept(rules, preferences)
    )


def _members(body: bytes, headers: Mapping[str, str]) -> dict[str, object]:
    """Arguments of a body: its object, or the first of its array."""
    rows = parse_rows(body, headers.get("content-type", "")) if body else []
    return dict(rows[0]) if rows else {}


def _split(parameters: Parameters, own: Collection[str]) -> tuple[dict[str, object], Parameters]:
    """Arguments of a query string, each a list of its values, and what is left of it (R17-2).

    :param own: names of parameters: ``first`` and ``after`` are then arguments.
    """
    given: dict[str, list[str]] = {}
    for name, value in parameters.filters:
        if not is_test(value):
            given.setdefault(name, []).append(value)
    for name, texts in (("first", parameters.firsts), ("after", parameters.afters)):
        if name in own and () in texts:
            given[name] = [texts.pop(())]
    tests = tuple((name, value) for name, value in parameters.filters if is_test(value))
    return {name: _Repeated(values) for name, values in given.items()}, replace(parameters, filters=tests)


class _Repeated(list[str]):
    """The values of a parameter of a query string, which may repeat."""

    __slots__ = ()


def _value(parameter: Parameter, given: object) -> object:
    """:raises RequestError: ``22P02``, no array literal."""
    if isinstance(given, _Repeated):
        if parameter.variadic:
            return list(given)
        given = given[-1]
    return parse_array(given) if parameter.is_list and isinstance(given, str) else given


def _shape(rules: Rules, called: Function, media: Media, preferences: Preferences, profile: str | None) -> ReadShape:
    returns = called.returns
    columns: tuple[tuple[str, Kind | None], ...] | None = None
    if media.form == "csv" and returns.form == "record":
        columns = tuple((name, None) for name in returns.columns)
    kinds = APPLIED | rules.tx
    if preferences.strict:
        kinds |= {"max-affected"}
    singular = (media.form == "object" or not returns.many) and returns.form in ("row", "record")
    return ReadShape(
        media=media,
        singular=singular,
        columns=columns,
        preferences=preferences.applied(kinds),
        profile=profile,
        item=False,
        offset=0,
        location="",
        counted=preferences.count is not None,
    )


def _rows(
    rules: Rules,
    called: Function,
    arguments: Mapping[str, object],
    parameters: Parameters,
    shape: ReadShape,
    headers: Mapping[str, str],
    preferences: Preferences,
) -> FunctionCall:
    """Rows of a mapped class: what a GET of its table could ask can be asked of them."""
    table = _table(rules, called)
    root = parse_tree(rules, table, parameters)
    if "range" in headers:
        root.page = intersect(root.page, headers["range"])
    builder = Builder(most=rules.max_rows, strip_nulls=shape.media.strip_nulls, aggregates=rules.aggregates)
    select = builder.select(root)
    select = replace(select, rows=replace(select.rows, keys=Slot(len(builder.values))))
    shape = replace(
        shape,
        offset=root.page.offset or 0,
        after=root.after is not None,
        columns=columns_of(root) if shape.media.form == "csv" else None,
    )
    query = Query(
        (Root(KEY, Source(table.schema, table.name), select, total=shape.counted, estimate=preferences.estimate),)
    )
    _check_affected(called, preferences)
    # Of a function that only reads the answer itself says that it is not one row: nothing is to be undone.
    exactly = 1 if shape.singular and called.returns.many and called.writes else None
    return FunctionCall(
        called,
        arguments,
        query,
        tuple(builder.values),
        shape,
        exactly,
        preferences.max_affected,
        _kept(rules, preferences),
    )


def _table(rules: Rules, called: Function) -> View:
    mapper = called.returns.mapper
    assert mapper is not None  # noqa: S101 - looked at when the service started
    view = rules.access.of_class(mapper)
    if view is None:
        raise Denied(mapper.class_.__name__, "select")
    return view


def _kept(rules: Rules, preferences: Preferences) -> bool:
    return kept(rules, preferences.chosen.get("tx"))


def _check(called: Function, parameters: Parameters, media: Media, preferences: Preferences) -> None:
    """:raises RequestError: something is asked that only rows of a table can answer."""
    asked = (
        parameters.filters,
        parameters.logic,
        parameters.orders,
        parameters.limits,
        parameters.offsets,
        parameters.firsts,
        parameters.afters,
    )
    if any(asked) or parameters.select not in (None, "*"):
        raise not_implemented(
            f"select, filters, order, limit and offset of {called.name}, which does not give rows of a table."
        )
    if media.form == "csv" and called.returns.form != "record":
        raise RequestError("PGRST107", "None of these media types are available: text/csv", status=406)
    _check_affected(called, preferences)


def _check_affected(called: Function, preferences: Preferences) -> None:
    if preferences.max_affected is not None and not called.returns.many:
        text = "Function must return SETOF or TABLE when max-affected preference is used with handling=strict"
        raise RequestError("PGRST128", text, f"{called.name} gives one value.")
