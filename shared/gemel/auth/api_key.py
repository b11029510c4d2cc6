"""API keys: ``gml_<id>_<secret>``, of which only a hash is kept (docs/decisions.md, 19)."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "gml_"
FORM: Final = re.compile(r"gml_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key."""

    id: str
    hash: str
    """SHA-256 of the secret, in hex. The secret has 256 random bits: there is nothing to guess that a slow hash would
    make harder."""
    role: str
    claims: Mapping[str, str]
    """Session variables by lower-case name."""
    until: float
    """Unix time from which it is refused: it has ended, or is revoked."""

    def fits(self, secret: str) -> bool:
        """Whether it is the key's secret."""
        return hmac.compare_digest(hash_of(secret), self.hash)


def make_key() -> tuple[str, str]:
    """A new id and a new secret."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12)), secrets.token_urlsafe(32)


def shown(key: str, secret: str) -> str:
    """The key as a client sends it."""
    return f"{PREFIX}{key}_{secret}"


def parse_key(text: str) -> tuple[str, str] | None:
    """Id and secret; ``None`` if it is no key."""
    found = FORM.fullmatch(text)
    return (found[1], found[2]) if found is not None else None


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_claims(text: str | None) -> Mapping[str, str]:
    """Session variables as they are stored: JSON, or nothing."""
    return {str(name).lower(): str(value) for name, value in json.loads(text).items()} if text else {}
