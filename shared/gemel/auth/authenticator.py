"""The order in which proofs are looked at: admin secret, token, loopback."""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from gemel.auth.actor import ADMIN, ROLE, SECRETS, VARIABLE, Actor
from gemel.auth.loopback import is_local, origin_allowed
from gemel.auth.token import Grant, verify
from gemel.errors import AccessError
from gemel.settings import Settings

REMEMBERED: Final = 1024
"""Verified tokens that are remembered; the least recently used one goes first."""


class Authenticator:
    """Knows the secrets of one instance, and the tokens that it has verified."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        """:param clock: Unix time."""
        self._secret = settings.admin_secret.get_secret_value().encode()
        self._key = settings.jwt_secret_key.get_secret_value()
        self._anonymous = settings.anonymous_role
        self._origins = frozenset(settings.frontend_uri)
        self._clock = clock
        self._grants: OrderedDict[bytes, Grant] = OrderedDict()

    def authenticate(self, headers: Mapping[str, str], peer_is_loopback: bool) -> Actor:
        """Who asks.

        :param headers: by lower-case name, decoded as Latin-1.
        :param peer_is_loopback: whether the other end of the connection is this machine.
        :raises AccessError: it is not proven.
        """
        if not self._secret and not self._key:
            return self._local(headers, peer_is_loopback)
        secret = next((headers[name] for name in SECRETS if name in headers), None)
        if secret is not None:
            return self._by_secret(secret, headers)
        return self._by_token(headers)

    def _local(self, headers: Mapping[str, str], peer_is_loopback: bool) -> Actor:
        if is_local(headers, peer_is_loopback) and origin_allowed(headers, self._origins):
            return _believed(headers)
        raise AccessError(
            "no-secret-configured",
            "No secret is configured, so only programs of this machine are served: set admin_secret or jwt_secret_key",
        )

    def _by_secret(self, given: str, headers: Mapping[str, str]) -> Actor:
        # A secret that is not set is matched by nothing, not even by an empty header.
        if self._secret and hmac.compare_digest(given.encode("latin-1", "backslashreplace"), self._secret):
            return _believed(headers)
        raise AccessError("secret-wrong", f"invalid {SECRETS[0]}/{SECRETS[1]}")

    def _by_token(self, headers: Mapping[str, str]) -> Actor:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        bearer = scheme.lower() == "bearer"
        if not bearer and self._anonymous:
            return self._nobody(headers)
        if not self._key:
            if bearer:
                raise AccessError("token-unverifiable", "Server lacks JWT secret")
            raise AccessError("secret-missing", f"{SECRETS[0]}/{SECRETS[1]} required, but not found")
        if not bearer:
            raise AccessError("token-missing", "Missing 'Authorization' header with a Bearer token")
        grant = self._grant(token.strip(" "))
        if not grant.default_role and not self._anonymous:
            raise AccessError("role-missing", "Anonymous access is disabled")
        if not grant.default_role:
            return Actor.of(self._anonymous, grant.claims, grant.until)
        role = headers.get(ROLE, grant.default_role)
        if role not in grant.roles:
            raise AccessError("role-not-allowed", "Your requested role is not in allowed roles")
        return Actor.of(role, grant.claims, grant.until)

    def _nobody(self, headers: Mapping[str, str]) -> Actor:
        """Who says nothing of itself; another role it may not ask for."""
        if headers.get(ROLE, self._anonymous) != self._anonymous:
            raise AccessError("role-not-allowed", "Your requested role is not in allowed roles")
        return Actor.of(self._anonymous, {})

    def _grant(self, token: str) -> Grant:
        now = self._clock()
        known = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()  # the tokens themselves are not kept
        grant = self._grants.get(known)
        if grant is not None and now < grant.until:
            self._grants.move_to_end(known)
            return grant
        self._grants.pop(known, None)
        grant = verify(token, self._key, now)
        self._grants[known] = grant
        if len(self._grants) > REMEMBERED:
            self._grants.popitem(last=False)
        return grant


def authenticate(headers: Mapping[str, str], peer_is_loopback: bool, settings: Settings) -> Actor:
    """As :meth:`Authenticator.authenticate`, remembering nothing."""
    return Authenticator(settings).authenticate(headers, peer_is_loopback)


def _believed(headers: Mapping[str, str]) -> Actor:
    """An admin may take any role and any session variables."""
    role = headers.get(ROLE, ADMIN)
    if not role:  # a proxy that clears the header must not make an admin
        raise AccessError("role-not-allowed", f"{ROLE} is empty")
    variables = {name: value for name, value in headers.items() if name.startswith(VARIABLE) and name not in SECRETS}
    return Actor.of(role, variables)
