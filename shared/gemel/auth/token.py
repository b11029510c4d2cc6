"""Bearer tokens: JWT (RFC 7519) signed with HS256 by the key of the settings, and nothing else.

Messages are PostgREST's (docs/dialects/rest.md, section 20).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from gemel.auth.actor import ROLE
from gemel.errors import AccessError

NAMESPACE: Final = "https://hasura.io/jwt/claims"
ALLOWED: Final = "x-hasura-allowed-roles"
DEFAULT: Final = "x-hasura-default-role"
LARGEST: Final = 8192
"""Characters of a token; larger ones are not looked at."""
LEEWAY: Final = 30
"""Seconds that clocks may differ."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a verified token gives."""

    default_role: str
    """Empty: it names none, and so is the anonymous role's."""
    roles: frozenset[str]
    """Roles that may be chosen by ``x-hasura-role``."""
    claims: Mapping[str, str]
    until: float
    """Unix time from which it is refused, leeway included; infinite without ``exp``."""


def verify(token: str, key: str, now: float) -> Grant:
    """Check signature and times, and read who it speaks of.

    :param now: Unix time.
    :raises AccessError: it is malformed, not signed by us, out of its time, or names no role.
    """
    payload = _payload(token, key)
    until = _check_times(payload, now)
    return _of_namespace(payload[NAMESPACE], until) if NAMESPACE in payload else _of_role(payload, until)


def _payload(token: str, key: str) -> Mapping[str, Any]:
    if not token:
        raise AccessError("token-malformed", "Empty JWT is sent in Authorization header")
    if len(token) > LARGEST:
        raise AccessError("token-malformed", f"JWT is longer than {LARGEST} characters")
    if (parts := token.count(".") + 1) != 3:
        raise AccessError("token-malformed", f"Expected 3 parts in JWT; got {parts}")
    try:
        # The times are checked below: PyJWT would take the text "9" for a number and has no clock to be given.
        payload = jwt.decode(token, key, algorithms=["HS256"], options=_SIGNATURE_ONLY)
    except jwt.InvalidAlgorithmError:
        raise AccessError("token-invalid", "Wrong or unsupported encoding algorithm") from None
    except jwt.InvalidSignatureError:
        raise AccessError("token-invalid", "JWT cryptographic operation failed") from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):  # a header nested a thousand deep
        raise AccessError("token-malformed", "JWT cannot be decoded") from None
    return payload


_SIGNATURE_ONLY: Final[Any] = {
    "verify_signature": True,
    **dict.fromkeys(("exp", "nbf", "iat", "aud", "iss", "sub", "jti"), False),
    **{f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}


def _check_times(payload: Mapping[str, Any], now: float) -> float:
    ends = _moment(payload, "exp")
    if ends is not None and now >= ends + LEEWAY:
        raise AccessError("token-expired", "JWT expired")
    begins = _moment(payload, "nbf")
    if begins is not None and now < begins - LEEWAY:
        raise AccessError("token-early", "JWT not yet valid")
    issued = _moment(payload, "iat")
    if issued is not None and now < issued - LEEWAY:
        raise AccessError("token-early", "JWT issued at future")
    return math.inf if ends is None else ends + LEEWAY


def _moment(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15 or math.isnan(value):
        raise AccessError("token-claims", f"The JWT '{name}' claim must be a number")
    return float(value)


def _of_namespace(found: object, until: float) -> Grant:
    """Hasura's form: an object, or JSON text of one (docs/dialects/graphql.md, section 12.1)."""
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            raise AccessError("token-claims", f"The JWT '{NAMESPACE}' claim is not valid JSON") from None
    if not isinstance(found, dict):
        raise AccessError("token-claims", f"The JWT '{NAMESPACE}' claim must be an object")
    claims = {name.lower(): value for name, value in found.items()}
    roles, default = claims.pop(ALLOWED, None), claims.pop(DEFAULT, None)
    claims.pop(ROLE, None)
    if roles is None or default is None:
        raise AccessError("role-missing", f"The JWT has no '{ALLOWED if roles is None else DEFAULT}' claim")
    if not isinstance(roles, list) or not all(isinstance(role, str) and role for role in roles):
        raise AccessError("token-claims", f"The JWT '{ALLOWED}' claim must be an array of strings")
    if not isinstance(default, str) or not default:
        raise AccessError("token-claims", f"The JWT '{DEFAULT}' claim must be a string")
    return Grant(default, frozenset(roles), _texts(claims), until)


def _of_role(payload: Mapping[str, Any], until: float) -> Grant:
    """PostgREST's form: ``role`` at the top, everything else beside it."""
    role = payload.get("role")
    if role is None:
        return Grant("", frozenset(), _texts(payload), until)
    if not isinstance(role, str) or not role:
        raise AccessError("token-claims", "The JWT 'role' claim must be a string")
    claims = {name.lower(): value for name, value in payload.items()}
    claims.pop(ROLE, None)
    return Grant(role, frozenset({role}), _texts(claims), until)


def _texts(claims: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: _text(value) for name, value in claims.items() if value is not None}


def _text(value: object) -> str:
    """A claim as a session variable: always text; arrays are PostgreSQL literals, objects stay JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return "{" + ",".join(_element(item) for item in value) + "}"
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _element(item: object) -> str:
    """An element of an array literal, quoted where it would be read as something else (manual, section 8.15.2)."""
    text = item if isinstance(item, str) else json.dumps(item)
    if text and text.lower() != "null" and not any(mark in '{},"\\' or mark.isspace() for mark in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
