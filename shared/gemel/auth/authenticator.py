"""The order in which proofs are looked at: admin secret, API key, token, loopback."""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from gemel.auth.actor import ADMIN, BACKEND, ROLE, SECRETS, VARIABLE, Actor
from gemel.auth.api_key import PREFIX, ApiKey, parse_key
from gemel.auth.issuer import issuers_of
from gemel.auth.key_set import KeySet
from gemel.auth.loopback import is_local, origin_allowed
from gemel.auth.token import Grant, KeysOutdated, verify
from gemel.errors import AccessError
from gemel.settings import Settings

REMEMBERED: Final = 1024
"""Verified tokens, and API keys, that are remembered; the least recently used one goes first."""
KEY_SECONDS: Final = 10.0
"""How long an API key is believed to be as it was: so long a revoked one may still be used."""
TRUE: Final = frozenset({"true", "t", "yes", "y"})
FALSE: Final = frozenset({"false", "f", "no", "n"})
UNKNOWN_SECONDS: Final = 2.0
"""How long one that is not there is not looked for again."""


Lookup = Callable[[str], Awaitable[ApiKey | None]]
"""Finds an API key by its id."""


class _Unknown(Exception):
    """An API key has to be looked up before it can be judged."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Authenticator:
    """Knows the secrets of one instance, and what it has verified."""

    def __init__(
        self, settings: Settings, lookup: Lookup | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        """:param lookup: finds API keys; without it there are none.
        :param clock: Unix time.
        :raises SettingsError: keys of the settings cannot be read.
        """
        self._secret = settings.admin_secret.get_secret_value().encode()
        self._sets = tuple(map(KeySet, issuers_of(settings)))
        self._lookup = lookup
        self._keys: OrderedDict[str, tuple[ApiKey | None, float]] = OrderedDict()
        self._anonymous = settings.anonymous_role
        self._origins = frozenset(settings.frontend_uri)
        self._clock = clock
        self._grants: OrderedDict[bytes, Grant] = OrderedDict()

    async def admit(self, headers: Mapping[str, str], peer_is_loopback: bool) -> Actor:
        """As :meth:`authenticate`; what has to be fetched for it is fetched, from the database or from an issuer."""
        try:
            return self.authenticate(headers, peer_is_loopback)
        except KeysOutdated as outdated:
            for one in outdated.sets:
                await one.refresh()
            return self.authenticate(headers, peer_is_loopback, fetched=True)
        except _Unknown as unknown:
            self._keep(unknown.key, await self._lookup(unknown.key) if self._lookup is not None else None)
            return self.authenticate(headers, peer_is_loopback)

    def authenticate(self, headers: Mapping[str, str], peer_is_loopback: bool, *, fetched: bool = False) -> Actor:
        """Who asks.

        :param headers: by lower-case name, decoded as Latin-1.
        :param peer_is_loopback: whether the other end of the connection is this machine.
        :param fetched: keys of issuers were fetched just now.
        :raises AccessError: it is not proven.
        """
        secret = next((headers[name] for name in SECRETS if name in headers), None)
        guarded = bool(self._secret or self._sets)
        if secret is not None and guarded:
            return self._by_secret(secret, headers)
        key = _api_key(headers)
        if key is not None:
            return self._by_key(key, headers)
        return self._by_token(headers, fetched=fetched) if guarded else self._local(headers, peer_is_loopback)

    def _local(self, headers: Mapping[str, str], peer_is_loopback: bool) -> Actor:
        if is_local(headers, peer_is_loopback) and origin_allowed(headers, self._origins):
            return _believed(headers)
        raise AccessError(
            "no-secret-configured",
            "No secret is configured, so only programs of this machine are served: set admin_secret, jwt_secret_key or"
            " jwt_secrets",
        )

    def _by_secret(self, given: str, headers: Mapping[str, str]) -> Actor:
        # A secret that is not set is matched by nothing, not even by an empty header.
        if self._secret and hmac.compare_digest(given.encode("latin-1", "backslashreplace"), self._secret):
            return _believed(headers)
        raise AccessError("secret-wrong", f"invalid {SECRETS[0]}/{SECRETS[1]}")

    def _by_token(self, headers: Mapping[str, str], *, fetched: bool) -> Actor:
        token = _bearer(headers)
        if token is None and self._anonymous:
            return self._nobody(headers)
        if not self._sets:
            if token is not None:
                raise AccessError("token-unverifiable", "Server lacks JWT secret")
            raise AccessError("secret-missing", f"{SECRETS[0]}/{SECRETS[1]} required, but not found")
        if token is None:
            raise AccessError("token-missing", "Missing 'Authorization' header with a Bearer token")
        grant = self._grant(token, fetched=fetched)
        if not grant.default_role:
            if not self._anonymous:
                raise AccessError("role-missing", "Anonymous access is disabled")
            return Actor.of(self._anonymous, grant.claims, grant.until)
        role = headers.get(ROLE, grant.default_role)
        if role not in grant.roles:
            raise AccessError("role-not-allowed", "Your requested role is not in allowed roles")
        return Actor.of(role, grant.claims, grant.until)

    def _by_key(self, given: str, headers: Mapping[str, str]) -> Actor:
        parts = parse_key(given)
        if parts is None:
            raise AccessError("key-invalid", "Invalid API key")
        name, secret = parts
        found, until = self._keys.get(name, (None, 0.0))
        now = self._clock()
        if now >= until:
            raise _Unknown(name)
        if found is None or not found.fits(secret):
            raise AccessError("key-invalid", "Invalid API key")
        if now >= found.until:
            raise AccessError("key-expired", "The API key has expired or is revoked")
        if headers.get(ROLE, found.role) != found.role:
            raise AccessError("role-not-allowed", "Your requested role is not in allowed roles")
        return Actor.of(found.role, found.claims, found.until)

    def _keep(self, name: str, found: ApiKey | None) -> None:
        self._keys[name] = (found, self._clock() + (KEY_SECONDS if found is not None else UNKNOWN_SECONDS))
        self._keys.move_to_end(name)
        if len(self._keys) > REMEMBERED:
            self._keys.popitem(last=False)

    def _nobody(self, headers: Mapping[str, str]) -> Actor:
        """Who says nothing of itself; another role it may not ask for."""
        if headers.get(ROLE, self._anonymous) != self._anonymous:
            raise AccessError("role-not-allowed", "Your requested role is not in allowed roles")
        return Actor.of(self._anonymous, {})

    def _grant(self, token: str, *, fetched: bool) -> Grant:
        now = self._clock()
        known = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()  # the tokens themselves are not kept
        grant = self._grants.get(known)
        if grant is not None and now < grant.until:
            self._grants.move_to_end(known)
            return grant
        self._grants.pop(known, None)
        grant = verify(token, self._sets, now, fetched=fetched)
        self._grants[known] = grant
        if len(self._grants) > REMEMBERED:
            self._grants.popitem(last=False)
        return grant


def authenticate(headers: Mapping[str, str], peer_is_loopback: bool, settings: Settings) -> Actor:
    """As :meth:`Authenticator.authenticate`, remembering nothing."""
    return Authenticator(settings).authenticate(headers, peer_is_loopback)


def _api_key(headers: Mapping[str, str]) -> str | None:
    """What is sent as an API key: ``X-API-Key``, or a bearer token of that form."""
    given, token = headers.get("x-api-key"), _bearer(headers)
    return token if given is None and token is not None and token.startswith(PREFIX) else given


def _bearer(headers: Mapping[str, str]) -> str | None:
    """The bearer token, which may be empty (RFC 6750 section 2.1)."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip(" ") if scheme.lower() == "bearer" else None


def _believed(headers: Mapping[str, str]) -> Actor:
    """An admin may take any role and any session variables."""
    role = headers.get(ROLE, ADMIN)
    if not role:  # a proxy that clears the header must not make an admin
        raise AccessError("role-not-allowed", f"{ROLE} is empty")
    apart = (*SECRETS, BACKEND)
    variables = {name: value for name, value in headers.items() if name.startswith(VARIABLE) and name not in apart}
    return Actor.of(role, variables, backend=BACKEND in headers and _is_true(headers[BACKEND]))


def _is_true(given: str) -> bool:
    """As Hasura reads it (``graphql.md``, G12.2-12)."""
    text = given.strip().lower()
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise AccessError("header-invalid", f"{BACKEND}: {given!r} is neither true nor false")
