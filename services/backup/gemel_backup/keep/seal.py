"""Sealed documents: a JSON text with its hash and, where there is a key, its signature, in one object of the store.

The signature is Ed25519 (RFC 8032) over the text of ``payload`` in UTF-8.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field, TypeAdapter, ValidationError

from gemel.settings import Settings
from gemel_backup.errors import Corrupted

KEY_BYTES = 32
Key = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class Sealed:
    """As it is stored."""

    payload: str
    sha256: Key
    key: Key | None
    """Public key of who signed it, in hexadecimal; ``None``: nobody did."""
    signature: Annotated[str, Field(pattern="^[0-9a-f]{128}$")] | None


SEALED = TypeAdapter(Sealed)


@dataclass(frozen=True)
class Keys:
    """What documents are signed with, and whom we believe."""

    private: Ed25519PrivateKey | None
    trusted: frozenset[str]
    """Public keys in hexadecimal. If there are none, an unsigned document is believed as long as its hash fits."""

    @classmethod
    def of(cls, settings: Settings) -> "Keys":
        """Those of the settings; our own signature is believed, too."""
        text = settings.backup_sign_key.get_secret_value()
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text)) if text else None
        own = {public_key(private)} if private else set()
        return cls(private, frozenset(own | set(settings.backup_trust_keys)))


def public_key(private: Ed25519PrivateKey) -> str:
    """In hexadecimal."""
    return private.public_key().public_bytes_raw().hex()


def seal(payload: str, keys: Keys) -> bytes:
    """The document to be stored."""
    text = payload.encode()
    private = keys.private
    sealed = Sealed(
        payload,
        hashlib.sha256(text).hexdigest(),
        public_key(private) if private else None,
        private.sign(text).hex() if private else None,
    )
    return SEALED.dump_json(sealed) + b"\n"


def unseal(content: bytes, keys: Keys, what: str) -> str:
    """The text of a stored document.

    :param what: it is called so in errors.
    :raises Corrupted: it is not what was written, or not signed by somebody we trust.
    """
    try:
        sealed = SEALED.validate_json(content)
    except ValidationError as error:
        raise Corrupted(f"{what} is not well formed. Use another backup") from error
    text = sealed.payload.encode("utf-8", "surrogatepass")
    if hashlib.sha256(text).hexdigest() != sealed.sha256:
        raise Corrupted(f"{what} was changed: it does not fit its own hash. Use another backup")
    if keys.trusted:
        _verify(sealed, text, keys, what)
    return sealed.payload


def _verify(sealed: Sealed, text: bytes, keys: Keys, what: str) -> None:
    if sealed.key is None or sealed.signature is None:
        raise Corrupted(f"{what} is not signed, and backup_sign_key or backup_trust_keys ask for signatures")
    if sealed.key not in keys.trusted:
        raise Corrupted(
            f"{what} is signed by {sealed.key}, which is neither the key of backup_sign_key nor in backup_trust_keys:"
            " add it there if it is one of yours"
        )
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(sealed.key)).verify(bytes.fromhex(sealed.signature), text)
    except (InvalidSignature, ValueError) as error:
        raise Corrupted(f"{what} was changed: its signature does not fit. Use another backup") from error
