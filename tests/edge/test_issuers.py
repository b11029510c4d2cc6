"""Tokens of several issuers: which key they are judged by, and where their claims are."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import SecretStr

from edge.asgi import settings
from gemel.auth import Actor, Authenticator
from gemel.auth.issuer import NAMESPACE
from gemel.auth.json_path import find, parse
from gemel.errors import AccessError, SettingsError

NOW = 1_700_000_000
PRIVATE: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
OTHER = rsa.generate_private_key(65537, 2048)


def pem(algorithm: str) -> str:
    """Public half."""
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    text: bytes = PRIVATE[algorithm].public_key().public_bytes(*form)
    return text.decode()


def jwk(algorithm: str, name: str, key: Any = None, **more: str) -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm).to_jwk((key or PRIVATE[algorithm]).public_key(), as_dict=True)
    return {**made, "kid": name, "alg": algorithm, **more}


def judge(token: str, *issuers: dict[str, Any], **headers: str) -> Actor:
    found = Authenticator(with_issuers(*issuers), clock=lambda: NOW)
    return found.authenticate({"authorization": f"Bearer {token}", **headers}, False)


def with_issuers(*issuers: dict[str, Any], **more: Any) -> Any:
    return settings(**more).model_copy(update={"jwt_secrets": SecretStr(json.dumps(issuers))})


def refused(token: str, *issuers: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(AccessError) as error:
        judge(token, *issuers)
    return error.value.reason, error.value.text


def signed(algorithm: str, key: Any = None, headers: dict[str, str] | None = None, **claims: object) -> str:
    return jwt.encode({"role": "customer", **claims}, key or PRIVATE[algorithm], algorithm, headers)


@pytest.mark.parametrize("algorithm", PRIVATE)
def test_public_keys(algorithm: str) -> None:
    """R20-2, G12.1-3"""
    issuer = {"type": algorithm, "key": pem(algorithm)}
    assert judge(signed(algorithm), issuer).role == "customer"
    others = [name for name in PRIVATE if name != algorithm]
    assert refused(signed(others[0]), issuer)[0] == "token-invalid"
    assert judge(signed(others[0]), issuer, {"type": others[0], "key": pem(others[0])}).role == "customer"


def test_the_algorithm_is_that_of_the_key() -> None:
    """A public key is no secret: a token that uses it as one is forged (RFC 8725 section 2.1)."""
    issuer = {"type": "RS256", "key": pem("RS256")}
    head = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT"}') + b"."
    head += jwt.utils.base64url_encode(b'{"role":"admin"}')
    mark = hmac.new(pem("RS256").encode(), head, hashlib.sha256).digest()
    forged = (head + b"." + jwt.utils.base64url_encode(mark)).decode()
    assert refused(forged, issuer) == ("token-invalid", "Wrong or unsupported encoding algorithm")
    none = jwt.encode({"role": "admin"}, None, "none")
    assert refused(none, issuer) == ("token-invalid", "Wrong or unsupported encoding algorithm")
    assert refused(signed("RS256", OTHER), issuer) == ("token-invalid", "JWT cryptographic operation failed")


def test_issuers_are_told_apart() -> None:
    """A key speaks for its own issuer alone."""
    first = {"type": "RS256", "key": pem("RS256"), "issuer": "https://one"}
    second = {"type": "ES256", "key": pem("ES256"), "issuer": "https://two"}
    assert judge(signed("RS256", iss="https://one"), first, second).role == "customer"
    assert judge(signed("ES256", iss="https://two"), first, second).role == "customer"
    for token in (signed("RS256", iss="https://two"), signed("RS256"), signed("ES256", iss="https://three")):
        assert refused(token, first, second)[0] == "token-invalid"


def test_audiences() -> None:
    """R20-2, R20-10"""
    issuer = {"type": "RS256", "key": pem("RS256"), "audience": ["shop", "office"]}
    for audience in ("shop", ["else", "office"], [], None):
        assert judge(signed("RS256", aud=audience), issuer).role == "customer"
    assert refused(signed("RS256", aud="else"), issuer) == ("token-audience", "JWT not in audience")
    assert refused(signed("RS256", aud=["else"]), issuer)[0] == "token-audience"


def test_leeway() -> None:
    issuer = {"type": "RS256", "key": pem("RS256"), "allowed_skew": 5}
    assert judge(signed("RS256", exp=NOW - 4), issuer).role == "customer"
    assert refused(signed("RS256", exp=NOW - 5), issuer)[0] == "token-expired"
    assert refused(signed("RS256", nbf=NOW + 6), issuer)[0] == "token-early"


def test_where_claims_are() -> None:
    """G12.1-3, R20-2"""
    key = {"type": "RS256", "key": pem("RS256")}
    hasura = {"x-hasura-allowed-roles": ["editor"], "x-hasura-default-role": "editor", "X-Hasura-User-Id": "7"}
    for issuer, claims in (
        ({}, {NAMESPACE: hasura}),
        ({}, {NAMESPACE: json.dumps(hasura)}),
        ({"claims_namespace": "https://own"}, {"https://own": hasura}),
        ({"claims_namespace_path": "$.app['the claims'][0]"}, {"app": {"the claims": [hasura]}}),
        ({"claims_format": "stringified_json"}, {NAMESPACE: json.dumps(hasura)}),
        (
            {
                "claims_map": {
                    "x-hasura-allowed-roles": {"path": "$.roles"},
                    "x-hasura-default-role": {"path": "$.main", "default": "editor"},
                    "x-hasura-user-id": {"path": "$.user.id"},
                }
            },
            {"roles": ["editor"], "user": {"id": "7"}},
        ),
    ):
        actor = judge(signed("RS256", **claims), {**key, **issuer})
        assert (actor.role, actor.claims["x-hasura-user-id"]) == ("editor", "7"), issuer
    actor = judge(signed("RS256", realm={"role": "clerk"}, sub="7"), {**key, "role_path": ".realm.role"})
    assert (actor.role, actor.claims["sub"]) == ("clerk", "7")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$.a.b", ("a", "b")),
        (".a.b", ("a", "b")),
        ("a", ("a",)),
        ("$['a b'][0].c", ("a b", 0, "c")),
        ('."https://x/y"', ("https://x/y",)),
        ("$", ()),
    ],
)
def test_paths(text: str, steps: tuple[object, ...]) -> None:
    assert parse(text) == steps


def test_what_is_no_path() -> None:
    for text in ("$.", "$a", "$[", "$.a[b]", "$..a", "$.a b"):
        with pytest.raises(ValueError, match="is no path"):
            parse(text)
    assert find({"a": [1, {"b": 2}]}, ("a", 1, "b")) == 2
    assert find({"a": [1]}, ("a", 5)) is None
    assert find("text", ("a",)) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("[", "jwt_secrets: "),
        ('{"type": "RS256"}', "needs either key or jwk_url"),
        ('{"type": "none", "key": "x"}', "is one of"),
        ('{"type": "HS256", "key": "short"}', "at least 32 characters"),
        ('{"type": "RS256", "key": "no PEM"}', "the key is none of RS256"),
        ('{"key": "no type"}', "needs type"),
        ('{"jwk_url": "http://login.example.org/keys"}', "needs https"),
        ('{"type": "RS256", "key": "x", "typo": 1}', "typo"),
        ('{"key": "{\\"keys\\": []}"}', "holds no key"),
        ("/nowhere/secrets.json", "jwt_secrets: "),
    ],
)
def test_wrong_settings_stop_the_start(given: str, told: str) -> None:
    found = settings().model_copy(update={"jwt_secrets": SecretStr(given)})
    with pytest.raises(SettingsError, match=told):
        Authenticator(found)


def test_a_file_of_issuers(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"type": "RS256", "key": pem("RS256")}))
    found = Authenticator(settings().model_copy(update={"jwt_secrets": SecretStr(str(path))}), clock=lambda: NOW)
    assert found.authenticate({"authorization": f"Bearer {signed('RS256')}"}, False).role == "customer"


# --- key sets ----------------------------------------------------------------


class Keys:
    """An issuer's key set over HTTP."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200
        keys = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                keys.asked += 1
                body = json.dumps({"keys": keys.keys}).encode()
                self.send_response(keys.status)
                self.send_header("cache-control", "public, max-age=60")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/keys"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def keys() -> Iterator[Keys]:
    made = Keys()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_keys_are_fetched_and_kept(keys: Keys) -> None:
    """Once for many tokens; again for a key id that is not known, but not for each of them."""
    keys.keys = [jwk("RS256", "one"), {"kty": "oct", "k": "AA"}, jwk("ES256", "enc", use="enc")]
    found = Authenticator(with_issuers({"jwk_url": keys.address}), clock=lambda: NOW)

    async def work() -> None:
        token = signed("RS256", headers={"kid": "one"})
        for number in range(3):
            distinct = signed("RS256", headers={"kid": "one"}, n=number)
            assert (await found.admit({"authorization": f"Bearer {distinct}"}, False)).role == "customer"
        assert keys.asked == 1
        keys.keys.append(jwk("EdDSA", "two"))
        rotated = signed("EdDSA", headers={"kid": "two"})
        [held] = found._sets
        with pytest.raises(AccessError):  # just asked: a flood of unknown keys asks nobody
            await found.admit({"authorization": f"Bearer {rotated}"}, False)
        assert keys.asked == 1
        held._asked -= 11
        assert (await found.admit({"authorization": f"Bearer {rotated}"}, False)).role == "customer"
        assert keys.asked == 2
        keys.status = 500
        held._asked -= 11
        held._until -= 100
        again = signed("RS256", headers={"kid": "one"}, n=99)
        assert (await found.admit({"authorization": f"Bearer {again}"}, False)).role == "customer"
        assert keys.asked == 3
        encrypts = signed("ES256", headers={"kid": "enc"})
        with pytest.raises(AccessError, match="No suitable key"):
            await found.admit({"authorization": f"Bearer {encrypts}"}, False)
        assert token

    asyncio.run(work())


def test_keys_that_cannot_be_fetched() -> None:
    found = Authenticator(with_issuers({"jwk_url": "http://127.0.0.1:9/keys"}), clock=lambda: NOW)

    async def work() -> None:
        with pytest.raises(AccessError, match="No suitable key"):
            await found.admit({"authorization": f"Bearer {signed('RS256')}"}, False)

    asyncio.run(work())
