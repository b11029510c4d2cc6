"""Parameters: what may stand in the query string and in the headers, per table (``docs/dialects/rest.md`` 25)."""

from collections.abc import Mapping
from typing import Any

from gemel.catalog import Column, Kind, View
from gemel.catalog.types import MOMENTS, NUMBERS, TEXTS
from gemel_rest.parse.rules import LONGEST_KEY

Parameter = dict[str, Any]

COMPARED = ("eq", "neq", "gt", "gte", "lt", "lte")
MATCHED = ("like", "ilike", "match", "imatch")
UUID = "00000000-0000-4000-8000-000000000001"
SAMPLES: dict[Kind, tuple[str, str]] = {
    Kind.BOOLEAN: ("true", "false"),
    Kind.UUID: (UUID, "00000000-0000-4000-8000-000000000002"),
    Kind.DATE: ("2009-01-01", "2009-12-31"),
    Kind.TIMESTAMP: ("2009-01-01T00:00:00", "2009-12-31T00:00:00"),
    Kind.TIMESTAMPTZ: ("2009-01-01T00:00:00Z", "2009-12-31T00:00:00Z"),
    Kind.TIME: ("12:00:00", "13:00:00"),
    Kind.TIMETZ: ("12:00:00Z", "13:00:00Z"),
    Kind.INTERVAL: ("1 day", "2 days"),
    Kind.BYTEA: ("\\x00", "\\x01"),
}


def filters(table: View) -> list[Parameter]:
    """A parameter for each column that can be filtered by its name."""
    return [_filter(column) for column in table.columns.values()]


def _filter(column: Column) -> Parameter:
    operators = _operators(column)
    states = "null|not_null|true|false|unknown" if column.type.kind is Kind.BOOLEAN else "null|not_null"
    pattern = (
        rf"^(not\.)?({'|'.join(operators)})(\((any|all)\))?\..*|^(not\.)?in\.\(.*\)$"
        rf"|^(not\.)?isdistinct\..*|^(not\.)?is\.({states})$"
    )
    described = f"Filter by `{column.name}`: {', '.join((*operators, 'in', 'is', 'isdistinct'))}; `not.` negates."
    return {
        "name": quoted(column.name),
        "in": "query",
        "description": described,
        "style": "form",
        "explode": True,
        "schema": {"type": "array", "items": {"type": "string", "pattern": pattern}},
        "examples": _examples(column),
    }


def quoted(name: str) -> str:
    """A name as it is written in a query string."""
    plain = all(sign.isalnum() or sign in "_$" for sign in name)
    reserved = name in ("select", "order", "limit", "offset", "and", "or", "columns", "on_conflict")
    return name if plain and not reserved else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _operators(column: Column) -> tuple[str, ...]:
    kind = column.type.kind
    if kind in TEXTS:
        return (*COMPARED, *MATCHED)
    if kind in (Kind.JSON, Kind.JSONB, Kind.ARRAY):
        return (*COMPARED, "cs", "cd", "ov") if kind is Kind.ARRAY else ("eq", "neq", "cs", "cd")
    return COMPARED


def _examples(column: Column) -> dict[str, Any]:
    kind = column.type.served.kind
    if kind in (Kind.JSON, Kind.JSONB, Kind.ARRAY, Kind.OTHER):
        return {"is": {"value": ["not.is.null"]}}
    labels = column.type.served.labels
    sample = SAMPLES.get(kind, ("1", "2") if kind in NUMBERS else ("a", "b"))
    first, second = (labels[0], labels[-1]) if labels else sample
    found = {"eq": f"eq.{first}", "in": f"in.({first},{second})", "is": "not.is.null"}
    if kind in NUMBERS | MOMENTS:
        found["gte"] = f"gte.{first}"
    if column.type.is_text:
        found["ilike"] = f"ilike.*{first}*"
    return {name: {"value": [text]} for name, text in found.items()}


def select(table: View) -> Parameter:
    """The select parameter, with an example made of real columns and relations."""
    names = [quoted(column.name) for column in table.stored]
    text = ",".join(names[:3])
    examples = {"all": {"value": "*"}, **({"columns": {"value": text}} if text else {})}
    if table.relations and text:
        relation = next(iter(table.relations))
        examples["embed"] = {"value": f"{text},{quoted(relation)}(*)"}
    if table.primary_key is not None:
        examples["cursor"] = {"value": f"{text},cursor()"}
    return _text("select", "Columns and related rows to give; `*` are all columns.", examples)


def order(table: View) -> Parameter:
    """The order parameter."""
    names = [quoted(column.name) for column in table.stored]
    examples = {"up": {"value": names[0]}, "down": {"value": f"{names[-1]}.desc.nullslast,{names[0]}"}}
    described = "Columns to sort by, each with `.asc` or `.desc`, and `.nullsfirst` or `.nullslast`."
    return _text("order", described, examples)


def logic() -> list[Parameter]:
    """``and`` and ``or``."""
    described = "Conditions combined: `(column.operator.value,…)`; may be nested."
    return [_text(name, described, None) for name in ("and", "or")]


def columns(table: View) -> Parameter:
    """The columns parameter of an insert."""
    return _names(table.insertable, "columns", "Set exactly these columns; other members of the body are ignored.")


def on_conflict(table: View) -> Parameter:
    """The unique key of an upsert."""
    known = {**table.columns, **table.insertable}
    return _names(known, "on_conflict", "Of an upsert: columns of a unique key; without it, the primary key.")


def _names(columns: Mapping[str, Column], name: str, description: str) -> Parameter:
    names = [column.name for column in columns.values() if not column.computed and not column.generated]
    return {
        "name": name,
        "in": "query",
        "description": description,
        "style": "form",
        "explode": False,
        "schema": {"type": "array", "items": {"type": "string", "enum": names}},
    }


def prefer(*values: str) -> Parameter:
    """The Prefer header with the values that an operation honours."""
    return {
        "name": "Prefer",
        "in": "header",
        "description": f"Any of these, separated by commas: {', '.join(f'`{value}`' for value in values)}.",
        "schema": {"type": "string"},
        "examples": {value.replace("=", "-"): {"value": value} for value in values if "<" not in value},
    }


def page() -> list[Parameter]:
    """limit and offset."""
    kinds = (("limit", "Most rows to give."), ("offset", "Rows to leave out at the start."))
    whole = {"type": "integer", "minimum": 0}
    return [{"name": name, "in": "query", "description": text, "schema": whole} for name, text in kinds]


def cursors(table: View) -> list[Parameter]:
    """``first`` and ``after`` (section 31), unless a column has that name: one parameter cannot be described twice."""
    if table.primary_key is None:
        return []
    first = {"type": "integer", "minimum": 0}
    after = {"type": "string", "pattern": r"^\["}
    found = [
        {"name": "first", "in": "query", "description": "Most rows to give, as `limit`.", "schema": first},
        {
            "name": "after",
            "in": "query",
            "description": "Only the rows behind the one whose `cursor()` this is, in the same `order`.",
            "schema": after,
        },
    ]
    return [one for one in found if one["name"] not in table.columns]


def range_header() -> Parameter:
    """The Range header of GET."""
    return {
        "name": "Range",
        "in": "header",
        "description": "First and last row, counted from 0: another way to say limit and offset.",
        "schema": {"type": "string", "pattern": "^[0-9]+-[0-9]*$"},
        "examples": {"first": {"value": "0-24"}},
    }


def tags(name: str, description: str) -> Parameter:
    """If-Match or If-None-Match."""
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


def idempotency_key() -> Parameter:
    """Idempotency-Key."""
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Chosen by the client: sent again within a day, the request is answered as before, not done.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    }


def profile(name: str, schemas: tuple[str, ...]) -> Parameter:
    """Accept-Profile or Content-Profile."""
    allowed = {"type": "string", "enum": list(schemas), "default": schemas[0]}
    return {"name": name, "in": "header", "description": "Schema that is meant.", "schema": allowed}


def _text(name: str, description: str, examples: dict[str, Any] | None) -> Parameter:
    found: Parameter = {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}
    return {**found, "examples": examples} if examples else found
