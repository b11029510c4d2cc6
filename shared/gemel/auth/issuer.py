"""Who signs tokens, as the settings ``jwt_secret_key`` and ``jwt_secrets`` say.

``jwt_secrets`` has the form of Hasura's ``HASURA_GRAPHQL_JWT_SECRETS``, and one member more (``role_path``).
"""

import json
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any, Final, Self

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gemel.auth import json_path
from gemel.errors import SettingsError
from gemel.settings import Settings

NAMESPACE: Final = "https://hasura.io/jwt/claims"
ALGORITHMS: Final = frozenset(
    {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
LEEWAY: Final = 30
"""Seconds that clocks may differ."""


class Mapped(BaseModel):
    """Where a claim of ``claims_map`` is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    default: Any = None


class Issuer(BaseModel):
    """One signer, and where in its tokens role and variables are."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    type: str = ""
    """Algorithm; not needed with ``jwk_url``, whose keys say it."""
    key: str = ""
    """Shared secret, PEM of a public key or certificate, or a JWK or JWK set (RFC 7517)."""
    jwk_url: str = ""
    issuer: str | None = None
    audience: str | tuple[str, ...] = ()
    allowed_skew: int = Field(default=LEEWAY, ge=0, le=3600)
    claims_namespace: str = NAMESPACE
    claims_namespace_path: str = ""
    claims_format: str = "json"
    """``json`` or ``stringified_json``: what is found is read in either form."""
    claims_map: Mapping[str, Mapped | str | tuple[str, ...]] = Field(default_factory=dict)
    role_path: str = ".role"
    """Where the role is if there is nothing in the namespace (PostgREST's ``jwt-role-claim-key``)."""

    @field_validator("type")
    @classmethod
    def _known(cls, value: str) -> str:
        value = "EdDSA" if value == "Ed25519" else value
        if value and value not in ALGORITHMS:
            raise ValueError(f"is one of {', '.join(sorted(ALGORITHMS))}")
        return value

    @field_validator("claims_namespace_path", "role_path")
    @classmethod
    def _path(cls, value: str) -> str:
        json_path.parse(value)
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.key) == bool(self.jwk_url):
            raise ValueError("needs either key or jwk_url")
        if self.key and not self.type and not self.key.lstrip().startswith("{"):
            raise ValueError("needs type, the algorithm of its key")
        if self.type.startswith("HS") and len(self.key.encode()) < 32:
            raise ValueError("needs a key of at least 32 characters (RFC 7518 section 3.2)")
        if self.jwk_url and not self.jwk_url.startswith(("https://", "http://localhost", "http://127.0.0.1")):
            raise ValueError("jwk_url needs https, or anybody on the way could sign tokens")
        for item in self.claims_map.values():
            if isinstance(item, Mapped):
                json_path.parse(item.path)
        return self

    @property
    def audiences(self) -> frozenset[str]:
        """Of which a token has to name one; none: any will do."""
        return frozenset([self.audience] if isinstance(self.audience, str) else self.audience)

    @property
    def keys(self) -> tuple["SigningKey", ...]:
        """Those of ``key``.

        :raises ValueError: it cannot be read.
        """
        if not self.key:
            return ()
        if self.key.lstrip().startswith("{"):
            return read_jwks(json.loads(self.key), self.type)
        try:
            key = jwt.get_algorithm_by_name(self.type).prepare_key(self.key)
        except (jwt.InvalidKeyError, ValueError, TypeError) as error:
            raise ValueError(f"the key is none of {self.type}: {error}") from error
        return (SigningKey(None, self.type, key),)


class SigningKey:
    """A key and the only algorithm that it is used with: a token has no say in that (RFC 8725 section 3.1)."""

    def __init__(self, name: str | None, algorithm: str, key: Any) -> None:
        self.name, self.algorithm, self.key = name, algorithm, key


def read_jwks(document: object, algorithm: str = "", *, public: bool = False) -> tuple[SigningKey, ...]:
    """The keys of a JWK or a JWK set; those for something else than signatures, or of unknown kinds, are left out.

    :param algorithm: of keys that do not say theirs.
    :param public: everybody can read it, and so a shared secret in it is none.
    :raises ValueError: it is neither, or no key of it can be used.
    """
    items = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise ValueError("it is no JWK set")
    found = []
    for item in items:
        try:
            key = jwt.PyJWK(item, algorithm or None) if isinstance(item, dict) else None
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if key is None or item.get("use", "sig") != "sig" or (public and item.get("kty") == "oct"):
            continue
        if key.algorithm_name in ALGORITHMS:
            found.append(SigningKey(key.key_id, key.algorithm_name, key.key))
    if not found:
        raise ValueError("it holds no key that signatures can be checked with")
    return tuple(found)


def issuers_of(settings: Settings) -> tuple[Issuer, ...]:
    """All that the settings name.

    :raises SettingsError: ``jwt_secrets`` cannot be read.
    """
    shared = settings.jwt_secret_key.get_secret_value()
    own = (Issuer(type="HS256", key=shared),) if shared else ()
    text = settings.jwt_secrets.get_secret_value().strip()
    if not text:
        return own
    try:
        if not text.startswith(("[", "{")):
            text = File(text).read_text(encoding="utf-8")
        found = json.loads(text)
        issuers = tuple(Issuer.model_validate(item) for item in (found if isinstance(found, list) else [found]))
        for item in issuers:
            _ = item.keys
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise SettingsError(f"jwt_secrets: {where + ': ' if where else ''}{first['msg']}") from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"jwt_secrets: {error}") from None
    return (*own, *issuers)
