"""From an error to the dialect's (``docs/dialects/graphql.md`` section 11.4). Nowhere else are codes chosen."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gemel.errors import (
    AccessError,
    CheckFailed,
    DatabaseError,
    GemelError,
    LimitExceeded,
    Location,
    Mismatch,
    MissingVariable,
    PlanError,
    Refused,
    RequestError,
    RequestTooLarge,
    Unsupported,
)

UNEXPECTED: Final = "unexpected"

ACCESS: Final[Mapping[str, str]] = {
    "secret-missing": "access-denied",
    "secret-wrong": "access-denied",
    "no-secret-configured": "access-denied",
    "role-not-allowed": "access-denied",
    "token-missing": "invalid-headers",
    "token-malformed": "invalid-jwt",
    "token-invalid": "invalid-jwt",
    "token-expired": "invalid-jwt",
    "token-early": "invalid-jwt",
    "token-unverifiable": "access-denied",
    "token-claims": "jwt-invalid-claims",
    "token-audience": "invalid-jwt",
    "key-invalid": "access-denied",
    "key-expired": "access-denied",
    "role-missing": "jwt-missing-role-claims",
    "header-invalid": "bad-request",
}
"""Code by the reason that authentication failed for."""

_JWT: Final[Mapping[str, str]] = {
    "token-expired": "Could not verify JWT: JWTExpired",
    "token-early": "Could not verify JWT: JWTNotYetValid",
    "token-audience": "Could not verify JWT: JWTNotInAudience",
    "token-invalid": "Could not verify JWT: JWSError JWSInvalidSignature",
}

LIMITS: Final[Mapping[str, str]] = {"listed": "validation-failed", "introspection": "not-supported"}
"""Codes that Hasura has for what a limit refuses."""

CONSTRAINTS: Final[Mapping[str, tuple[str, str]]] = {
    "23505": ("constraint-violation", "Uniqueness violation. "),
    "23503": ("constraint-violation", "Foreign key violation. "),
    "23502": ("constraint-violation", "Not-NULL violation. "),
    "23P01": ("constraint-violation", "Exclusion violation. "),
    "23001": ("constraint-violation", "Can not delete or update due to data being referred. "),
    "23514": ("permission-error", "Check constraint violation. "),
}
"""Code and beginning of the message, by SQLSTATE."""


UNNAMED: Final = "P0001"
"""Code of what the app's code refuses without a code of its own."""


@dataclass(frozen=True)
class Failure:
    """An error as the dialect tells it."""

    message: str
    code: str
    at: Location = ()
    internal: Mapping[str, Any] | None = None
    """Details for the admin role in debug mode."""


def failure(error: GemelError) -> Failure:
    """The dialect's form of an error that was raised on purpose."""
    match error:
        case RequestError():
            return Failure(error.text, error.code, error.at)
        case Mismatch(kind="nothing-inserted"):
            return Failure(error.message, "not-supported", error.at)
        case PlanError():
            return Failure(error.message, "validation-failed", error.at)
        case AccessError():
            return Failure(_JWT.get(error.reason, error.text), ACCESS.get(error.reason, "access-denied"))
        case DatabaseError():
            return _database(error)
        case MissingVariable():
            return Failure(error.message, "not-found")
        case CheckFailed():
            return Failure("check constraint of an insert/update permission has failed", "permission-error")
        case Refused():
            return Failure(error.text, "bad-request" if error.code == UNNAMED else error.code)
        case Unsupported():
            return Failure(error.text, "not-supported")
        case RequestTooLarge():
            return Failure(error.message, "parse-failed")
        case LimitExceeded():
            return Failure(error.message, LIMITS.get(error.limit, f"{error.limit}-limit-exceeded"))
    return Failure("internal error", UNEXPECTED)


def _database(error: DatabaseError) -> Failure:
    state = error.sqlstate
    internal = {
        "error": {
            "description": error.details,
            "hint": error.hint,
            "message": error.text,
            "status_code": state,
        }
    }
    if state in CONSTRAINTS:
        code, begin = CONSTRAINTS[state]
        return Failure(begin + error.text, code, error.at, internal)
    if state == "22025":  # a LIKE pattern that ends in its escape character
        return Failure(error.text, "bad-request", error.at, internal)
    if state.startswith(("22", "54")) or state == "42601":  # wrong, too large, or no text search
        return Failure(error.text, "data-exception", error.at, internal)
    if state in ("40001", "40P01"):
        return Failure("serialization failure due to concurrent update", "concurrent-update", error.at, internal)
    if state in ("42501", "0P000"):  # rights, and row-level security, of the database itself
        return Failure(error.text, "permission-error", error.at, internal)
    if state == "57014":
        return Failure("the operation took longer than it may", "time-limit-exceeded", error.at, internal)
    if state.startswith("08") or state in ("53300", "57P01", "57P03"):
        return Failure("connection error", "postgres-error", (), internal)
    if state in ("42P10", "42704"):
        return Failure(error.text, "constraint-error", error.at, internal)
    return Failure("database query error", UNEXPECTED, error.at, internal)


def body(failed: Failure, *, internal: bool = False) -> bytes:
    """The answer: one error, and no ``data``."""
    extensions: dict[str, Any] = {"path": json_path(failed.at), "code": failed.code}
    if internal and failed.internal is not None:
        extensions["internal"] = failed.internal
    return orjson.dumps({"errors": [{"message": _printable(failed.message), "extensions": extensions}]})


def unexpected(trace_id: str | None) -> bytes:
    """The answer to a bug of ours: nothing of the inside, but what finds it in the log."""
    extensions: dict[str, Any] = {"path": "$", "code": UNEXPECTED}
    if trace_id:
        extensions["trace_id"] = trace_id
    return orjson.dumps({"errors": [{"message": "internal error", "extensions": extensions}]})


_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def json_path(at: Location) -> str:
    """JSONPath into the query; odd keys are quoted."""
    return "$" + "".join(_step(_printable(item) if isinstance(item, str) else item) for item in at)


def _step(item: str | int) -> str:
    if isinstance(item, int):
        return f"[{item}]"
    if _PLAIN.fullmatch(item):
        return f".{item}"
    quoted = item.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"


def _printable(text: str) -> str:
    """Without lone surrogates, which no JSON text may hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
