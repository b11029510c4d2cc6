"""``token``: a bearer token for trying things out."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Annotated

import jwt
import typer

from gemel.auth.actor import VARIABLE
from gemel.auth.issuer import NAMESPACE
from gemel.auth.token import ALLOWED, DEFAULT
from gemel.errors import SettingsError
from gemel.settings import load
from gemel_cli.audit import note

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Claims = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="A claim, such as user-id=7; may be repeated.")
]
RESERVED = frozenset({"role", "exp", "iat", NAMESPACE, ALLOWED, DEFAULT})


def token(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Role that the bearer has.")],
    expires: Annotated[str, typer.Option(metavar="TIME", help="How long it is valid: 90s, 15m, 1h, 7d.")] = "1h",
    claim: Claims = None,
) -> None:
    """Print a bearer token for ROLE.

    It is signed (HS256) with the setting jwt_secret_key, and both APIs take it.
    """
    settings = load()
    key = settings.jwt_secret_key.get_secret_value()
    if not key:
        raise SettingsError("jwt_secret_key is not set, and a token is signed with it: set it to 32 characters or more")
    claims = token_claims(role, seconds_of(expires), claims_of(claim), now=int(time.time()))
    note(settings, "token", role, claims=claims_of(claim), expires=expires)
    print(jwt.encode(claims, key, algorithm="HS256"))


def token_claims(role: str, seconds: int, claims: dict[str, str], *, now: int) -> dict[str, object]:
    """The claims as both APIs read them: ``role`` at the top, and session variables in Hasura's namespace.

    :param now: the time, in seconds since 1970.
    """
    session = session_variables(claims)
    return {
        **claims,
        "role": role,
        "iat": now,
        "exp": now + seconds,
        NAMESPACE: {**session, DEFAULT: role, ALLOWED: [role]},
    }


def session_variables(claims: Mapping[str, str]) -> dict[str, str]:
    """Claims by the names that policies find them under first."""
    return {key if key.startswith(VARIABLE) else VARIABLE + key: value for key, value in claims.items()}


def claims_of(given: Sequence[str] | None) -> dict[str, str]:
    """Claims that were given as ``key=value``."""
    return dict(map(_pair, given or ()))


def seconds_of(text: str) -> int:
    """Seconds of ``90s``, ``15m``, ``1h`` or ``7d``."""
    match = re.fullmatch(r"([1-9]\d*)([smhd])", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is not a time: write a number and s, m, h or d, such as 15m")
    return int(match[1]) * SECONDS[match[2]]


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    key = key.strip().lower()
    if not equals or not key:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE")
    if key in RESERVED:
        raise typer.BadParameter(f"{key!r} is set by this command itself")
    return key, value
