"""Bearer tokens: JWT (RFC 7519), checked as RFC 8725 recommends. Messages are PostgREST's (``docs/dialects/rest.md``
section 20)."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jwt

from gemel.auth import json_path
from gemel.auth.actor import ROLE
from gemel.auth.issuer import Issuer, Mapped
from gemel.auth.key_set import KeySet
from gemel.errors import AccessError

ALLOWED: Final = "x-hasura-allowed-roles"
DEFAULT: Final = "x-hasura-default-role"
LARGEST: Final = 8192
"""Characters of a token; larger ones are not looked at."""


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


class KeysOutdated(Exception):
    """Keys have to be fetched before the token can be judged."""

    def __init__(self, sets: Sequence[KeySet]) -> None:
        super().__init__("keys have to be fetched")
        self.sets = sets


def verify(token: str, sets: Sequence[KeySet], now: float, *, fetched: bool = False) -> Grant:
    """Check signature, issuer, audience and times, and read who it speaks of.

    :param sets: keys of the issuers.
    :param now: Unix time.
    :param fetched: keys were fetched just now.
    :raises AccessError: it is malformed, not signed by one of ours, not for us, out of its time, or its claims are not
        what they should be.
    :raises KeysOutdated: fetch keys, and ask again.
    """
    name, issuer = _parts(token)
    asked = [one for one in sets if one.issuer.issuer is None or one.issuer.issuer == issuer]
    outdated = [one for one in asked if one.is_outdated(name)]
    if outdated and not fetched:
        raise KeysOutdated(outdated)
    refused = AccessError("token-invalid", "No suitable key or wrong key type")
    for one in asked:
        for key in one.find(name):
            try:
                payload = _payload(token, key.key, key.algorithm)
            except AccessError as error:
                refused = error
                continue
            return _grant(payload, one.issuer, now)
    raise refused


def _parts(token: str) -> tuple[str | None, object]:
    """Key id and issuer that a token names, before anything of it is believed."""
    if not token:
        raise AccessError("token-malformed", "Empty JWT is sent in Authorization header")
    if len(token) > LARGEST:
        raise AccessError("token-malformed", f"JWT is longer than {LARGEST} characters")
    if (parts := token.count(".") + 1) != 3:
        raise AccessError("token-malformed", f"Expected 3 parts in JWT; got {parts}")
    try:
        found = jwt.decode_complete(token, options=_NOTHING)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):  # a header nested a thousand deep
        raise AccessError("token-malformed", "JWT cannot be decoded") from None
    name = found["header"].get("kid")
    return name if isinstance(name, str) else None, found["payload"].get("iss")


def _payload(token: str, key: Any, algorithm: str) -> Mapping[str, Any]:
    try:
        # The times are checked below: PyJWT would take the text "9" for a number and has no clock to be given.
        payload = jwt.decode(token, key, algorithms=[algorithm], options=_SIGNATURE_ONLY)
    except jwt.InvalidAlgorithmError:
        raise AccessError("token-invalid", "Wrong or unsupported encoding algorithm") from None
    except jwt.InvalidSignatureError:
        raise AccessError("token-invalid", "JWT cryptographic operation failed") from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise AccessError("token-malformed", "JWT cannot be decoded") from None
    return payload


_UNCHECKED: Final = ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
_SIGNATURE_ONLY: Final[Any] = {
    "verify_signature": True,
    **{f"verify_{name}": False for name in _UNCHECKED},
}
_NOTHING: Final[Any] = {**_SIGNATURE_ONLY, "verify_signature": False}


def _grant(payload: Mapping[str, Any], issuer: Issuer, now: float) -> Grant:
    until = _check_times(payload, now, issuer.allowed_skew)
    _check_audience(payload, issuer)
    if issuer.claims_map:
        return _of_namespace(_mapped(payload, issuer), until, "claims_map")
    if issuer.claims_namespace_path:
        found = json_path.find(payload, json_path.parse(issuer.claims_namespace_path))
        return _of_namespace(found, until, issuer.claims_namespace_path)
    name = issuer.claims_namespace
    return _of_namespace(payload[name], until, name) if name in payload else _of_role(payload, issuer, until)


def _check_audience(payload: Mapping[str, Any], issuer: Issuer) -> None:
    """As PostgREST: a token that names none is for everybody (``rest.md``, R20-2)."""
    given = payload.get("aud")
    named = [given] if isinstance(given, str) else given
    if named is not None and not (isinstance(named, list) and all(isinstance(item, str) for item in named)):
        raise AccessError("token-claims", "The JWT 'aud' claim must be a string or an array of strings")
    if named and issuer.audiences and issuer.audiences.isdisjoint(named):
        raise AccessError("token-audience", "JWT not in audience")


def _mapped(payload: Mapping[str, Any], issuer: Issuer) -> dict[str, Any]:
    found = {}
    for name, item in issuer.claims_map.items():
        if isinstance(item, Mapped):
            value = json_path.find(payload, json_path.parse(item.path))
            found[name] = item.default if value is None else value
        else:
            found[name] = list(item) if isinstance(item, tuple) else item
    return found


def _check_times(payload: Mapping[str, Any], now: float, leeway: int) -> float:
    ends = _moment(payload, "exp")
    if ends is not None and now >= ends + leeway:
        raise AccessError("token-expired", "JWT expired")
    begins = _moment(payload, "nbf")
    if begins is not None and now < begins - leeway:
        raise AccessError("token-early", "JWT not yet valid")
    issued = _moment(payload, "iat")
    if issued is not None and now < issued - leeway:
        raise AccessError("token-early", "JWT issued at future")
    return math.inf if ends is None else ends + leeway


def _moment(payload: Mapping[str, Any], name: str) -> float | None:
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15 or math.isnan(value):
        raise AccessError("token-claims", f"The JWT '{name}' claim must be a number")
    return float(value)


def _of_namespace(found: object, until: float, name: str) -> Grant:
    """Hasura's form: an object, or JSON text of one (docs/dialects/graphql.md, section 12.1)."""
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            raise AccessError("token-claims", f"The JWT '{name}' claim is not valid JSON") from None
    if not isinstance(found, dict):
        raise AccessError("token-claims", f"The JWT '{name}' claim must be an object")
    claims = {str(key).lower(): value for key, value in found.items()}
    roles, default = claims.pop(ALLOWED, None), claims.pop(DEFAULT, None)
    claims.pop(ROLE, None)
    if roles is None or default is None:
        raise AccessError("role-missing", f"The JWT has no '{ALLOWED if roles is None else DEFAULT}' claim")
    if not isinstance(roles, list) or not all(isinstance(role, str) and role for role in roles):
        raise AccessError("token-claims", f"The JWT '{ALLOWED}' claim must be an array of strings")
    if not isinstance(default, str) or not default:
        raise AccessError("token-claims", f"The JWT '{DEFAULT}' claim must be a string")
    return Grant(default, frozenset(roles), _texts(claims), until)


def _of_role(payload: Mapping[str, Any], issuer: Issuer, until: float) -> Grant:
    """PostgREST's form: the role at a place of its own, everything at the top beside it."""
    role = json_path.find(payload, json_path.parse(issuer.role_path))
    if role is None:
        return Grant("", frozenset(), _texts(payload), until)
    if not isinstance(role, str) or not role:
        raise AccessError("token-claims", f"The JWT '{issuer.role_path.removeprefix('.')}' claim must be a string")
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
