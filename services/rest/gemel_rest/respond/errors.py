"""Errors in the words of the dialect: the one place where that is done (``docs/dialects/rest.md`` 20 to 22)."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from gemel.edge import retry_after
from gemel.errors import (
    AccessError,
    AmbiguousRelation,
    CheckFailed,
    DatabaseError,
    Denied,
    GemelError,
    LimitExceeded,
    Mismatch,
    MissingVariable,
    NotEmbedded,
    Outdated,
    Refused,
    RequestError,
    RequestTooLarge,
    Reused,
    UnknownColumn,
    UnknownRelation,
    UnknownTable,
    Unsupported,
    WrongRowCount,
)
from gemel.functions import FunctionFailed
from gemel_rest.respond.model import JSON, Headers, Response, header, is_header

RETRY_AFTER = "1"
"""Seconds after which a client may try again."""

ACCESS = {
    "token-missing": ("PGRST302", 401, "Anonymous access is disabled"),
    "secret-missing": ("PGRST302", 401, "Anonymous access is disabled"),
    "role-missing": ("PGRST302", 401, "Anonymous access is disabled"),
    "no-secret-configured": ("PGRST302", 401, None),
    "secret-wrong": ("PGRST301", 401, None),
    "token-malformed": ("PGRST301", 401, None),
    "token-invalid": ("PGRST301", 401, None),
    "token-unverifiable": ("PGRST300", 500, "Server lacks JWT secret"),
    "token-expired": ("PGRST303", 401, None),
    "token-early": ("PGRST303", 401, None),
    "token-claims": ("PGRST303", 401, None),
    "token-audience": ("PGRST303", 401, None),
    "key-invalid": ("PGRST301", 401, None),
    "key-expired": ("PGRST303", 401, None),
    "role-not-allowed": ("22023", 401, None),
    "header-invalid": ("PGRST100", 400, None),
}
"""Of each reason: code, status, message (``None``: the error's own)."""

MISMATCHES = {
    "distinct-order": ("42P10", 400),
    "aggregate-type": ("42883", 404),
    "json-path": ("42883", 404),
    "operator": ("42883", 404),
    "null": ("22004", 400),
    "cast": ("42704", 400),
    "cannot-cast": ("42846", 400),
    "no-key": ("PGRST127", 400),
    "read-only": ("428C9", 400),
    "written-twice": ("42701", 400),
    "conflict-target": ("42P10", 400),
    "nested": ("PGRST127", 400),
    "nothing-inserted": ("PGRST127", 400),
    "group": ("PGRST127", 400),
    "group-order": ("42803", 400),
    "hook-rows": ("54000", 400),
}

# Section 22; the first match counts.
STATUSES = tuple(
    (re.compile(pattern), status)
    for pattern, status in (
        ("08", 503),
        ("09", 500),
        ("0L|0P", 403),
        ("21000", 500),
        ("22023", 400),
        ("23503|23505", 409),
        ("25006", 405),
        ("25|2D|38|39|3B|40", 500),
        ("28", 403),
        ("42883|42P01", 404),
        ("42P17", 500),
        ("42501", 403),
        ("53400", 500),
        ("53", 503),
        ("55P03", 503),
        ("54", 400),
        ("55", 500),
        ("57P01", 503),
        ("57014", 504),
        ("57|58|F0|HV|XX", 500),
        ("P0001", 400),
        ("P0", 500),
    )
)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the client sees it."""

    code: str
    status: int
    message: str
    details: Any = None
    hint: str | None = None
    headers: Headers = ()


def error_response(error: GemelError) -> Response:
    """Answer for an error."""
    return problem_response(translate(error))


def problem_response(problem: Problem) -> Response:
    """Answer for an error that has been worded."""
    members = {
        "code": problem.code,
        "message": problem.message,
        "details": problem.details,
        "hint": problem.hint,
    }
    body = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    headers = (
        (b"content-type", JSON),
        header("proxy-status", f"Gemel; error={problem.code}"),
        *problem.headers,
        *([(b"retry-after", RETRY_AFTER.encode())] if problem.status == 503 else []),
    )
    return Response(problem.status, headers, body)


def unproven(response: Response) -> Response:
    """What the anonymous role may not: to say who one is may help (R20-4)."""
    return replace(response, status=401, headers=(*response.headers, header("www-authenticate", "Bearer")))


def numbered(problem: Problem, number: int) -> Problem:
    """The problem of one of several operations."""
    told = f"It is operation {number} of the request, counted from 0; nothing of the request was kept."
    return replace(problem, hint=f"{problem.hint} {told}" if problem.hint else told)


def translate(error: GemelError) -> Problem:
    """Word an error."""
    match error:
        case RequestError():
            return Problem(error.code, error.status, error.text, error.details, error.hint)
        case AccessError():
            return _access(error)
        case DatabaseError():
            return _database(error)
        case MissingVariable() | CheckFailed():
            return Problem("42501", 403, str(error))
        case WrongRowCount():
            return _row_count(error)
        case Outdated(there):
            hint = "Read it again, and send the change with its present ETag."
            return Problem("PT412", 412, "The precondition does not hold", str(error), hint if there else None)
        case Refused():
            return _raised(error)
        case Reused():
            return Problem("PT422", 422, "The Idempotency-Key was used before, for another request")
        case FunctionFailed():
            return Problem("XX000", 500, "The function failed")
        case RequestTooLarge() | LimitExceeded():
            return _exceeded(error)
        case Unsupported(text):
            return Problem("PGRST127", 400, "Feature not implemented", text)
        case _:
            return _plan(error)


def _plan(error: GemelError) -> Problem:
    match error:
        case UnknownTable(schema, table, near):
            message = f"Could not find the table '{schema}.{table}' in the schema cache"
            hint = f"Perhaps you meant the table '{schema}.{near}'" if near else None
            return Problem("PGRST205", 404, message, None, hint)
        case UnknownColumn(table, column, written):
            if written:
                message = f"Could not find the '{column}' column of '{table}' in the schema cache"
                return Problem("PGRST204", 400, message)
            return Problem("42703", 400, f"column {table}.{column} does not exist")
        case UnknownRelation():
            return _unknown_relation(error)
        case AmbiguousRelation():
            return _ambiguous(error)
        case NotEmbedded(name):
            message = f"'{name}' is not an embedded resource in this request"
            hint = f"Verify that '{name}' is included in the 'select' query parameter."
            return Problem("PGRST108", 400, message, None, hint)
        case Mismatch():
            return _mismatch(error)
        case Denied():
            return Problem("42501", 403, error.message)
    raise error  # a kind of error that this service cannot meet: a bug


def _exceeded(error: RequestTooLarge | LimitExceeded) -> Problem:
    if isinstance(error, RequestTooLarge):
        return Problem("PGRST102", 413, "Request body is too large", f"At most {error.limit} bytes are allowed.")
    if error.limit == "introspection":
        return Problem("PGRST126", 404, "Root endpoint metadata is disabled")
    after = retry_after(error)
    if after is None:
        return Problem("PGRST127", 400, "The request is larger than its role allows", error.text)
    return Problem("PT429", 429, "Too many requests", error.text, headers=(header("retry-after", after),))


def _access(error: AccessError) -> Problem:
    code, status, message = ACCESS.get(error.reason, ("PGRST301", 401, None))
    text = message or error.text
    if status != 401:
        return Problem(code, status, text)
    if code == "PGRST302":
        challenge = "Bearer"
    else:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        challenge = f'Bearer error="invalid_token", error_description="{quoted}"'
    return Problem(code, status, text, headers=(header("www-authenticate", challenge),))


def _unknown_relation(error: UnknownRelation) -> Problem:
    both = f"'{error.table}' and '{error.target}'"
    using = f" using the hint '{error.hint}'" if error.hint else ""
    return Problem(
        "PGRST200",
        400,
        f"Could not find a relationship between {both} in the schema cache",
        f"Searched for a foreign key relationship between {both}{using} in the schema '{error.schema}',"
        " but no matches were found.",
    )


def _ambiguous(error: AmbiguousRelation) -> Problem:
    names = ", ".join(f"'{item['name']}'" for item in error.candidates)
    return Problem(
        "PGRST201",
        300,
        f"Could not embed because more than one relationship was found for '{error.table}' and '{error.target}'",
        [{key: item[key] for key in ("cardinality", "embedding", "relationship")} for item in error.candidates],
        f"Try changing '{error.target}' to one of the following: {names}."
        " Find the desired relationship in the 'details' key.",
    )


def _mismatch(error: Mismatch) -> Problem:
    if error.kind == "order-to-many":
        return Problem("PGRST118", 400, f"A related order on '{error.name}' is not possible", error.text)
    if error.kind == "operator" and "is" in error.at:
        return Problem("42804", 400, f"argument of IS TRUE must be type boolean: {error.text}")
    code, status = MISMATCHES.get(error.kind, ("PGRST127", 400))
    if code == "PGRST127":
        return Problem(code, status, "Feature not implemented", error.text)
    return Problem(code, status, error.text)


def _row_count(error: WrongRowCount) -> Problem:
    if error.most:
        message = "Query result exceeds max-affected preference constraint"
        return Problem("PGRST124", 400, message, f"The query affects {error.rows} rows")
    return not_single(error.rows)


def _raised(error: Refused) -> Problem:
    """What a function raised on purpose (R17-7)."""
    status = status_of(error.code, error.text) if error.status is None else error.status
    if not 300 <= status <= 599 or not all(is_header(item) for item in error.headers):
        return Problem("PGRST121", 500, "Could not read the Refused that was raised", "See its status and headers.")
    headers = tuple(header(name.lower(), value) for name, value in error.headers)
    return Problem(error.code, status, error.text, error.details, error.hint, headers)


def not_single(rows: int, *, item: bool = False) -> Problem:
    """``PGRST116``: not exactly one row."""
    message = "Cannot coerce the result to a single JSON object"
    return Problem("PGRST116", 404 if item else 406, message, f"The result contains {rows} rows")


def _database(error: DatabaseError) -> Problem:
    if error.sqlstate == "08001":
        return Problem("PGRST000", 503, "Database connection error. Retrying the connection.")
    if error.sqlstate.startswith("08"):
        return Problem("PGRST001", 503, "Database client error. Retrying the connection.")
    if error.sqlstate == "53300":
        return Problem("PGRST003", 504, "Timed out acquiring connection from connection pool.")
    status = status_of(error.sqlstate, error.text)
    return Problem(error.sqlstate, status, error.text, error.details, error.hint)


def status_of(sqlstate: str, message: str = "") -> int:
    """Status of an SQLSTATE (section 22)."""
    if sqlstate == "21000" and message.endswith("requires a WHERE clause"):
        return 400
    if sqlstate.startswith("PT"):
        return int(sqlstate[2:]) if sqlstate[2:].isdecimal() and 100 <= int(sqlstate[2:]) <= 599 else 500
    return next((status for pattern, status in STATUSES if pattern.match(sqlstate)), 400)
