"""Bearer tokens (docs/dialects/rest.md, section 20; docs/dialects/graphql.md, section 12.1)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from edge.asgi import settings
from gemel.auth import Actor, Authenticator
from gemel.auth.authenticator import REMEMBERED
from gemel.auth.issuer import NAMESPACE
from gemel.auth.token import LARGEST
from gemel.errors import AccessError

KEY = "the key of these tests, long enough for HS512: " + "k" * 40
NOW = 1_700_000_000
FOUND = settings(jwt_secret_key=KEY)


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now: float = NOW

    def __call__(self) -> float:
        return self.now


def enter(token: str, clock: Clock | None = None, **headers: str) -> Actor:
    found = Authenticator(FOUND, clock=clock or Clock())
    return found.authenticate({"authorization": f"Bearer {token}", **headers}, False)


def signed(payload: object, key: str = KEY, algorithm: str = "HS256", **header: Any) -> str:
    return by_hand({"alg": algorithm, "typ": "JWT", **header}, payload, key)


def by_hand(header: object, payload: object, key: str = KEY) -> str:
    """A token signed with HMAC-SHA256 whatever its header says."""
    head = ".".join(encoded(json.dumps(part).encode()) for part in (header, payload))
    return f"{head}.{encoded(hmac.new(key.encode(), head.encode(), hashlib.sha256).digest())}"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


GOOD = signed({"role": "customer"})
HEAD, BODY, SIGNATURE = GOOD.split(".")
HASURA = {"x-hasura-allowed-roles": ["customer", "editor"], "x-hasura-default-role": "customer"}


def test_no_authorization_at_all() -> None:
    with pytest.raises(AccessError) as refused:
        Authenticator(FOUND).authenticate({}, True)
    assert refused.value.reason == "token-missing"


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("", "Empty JWT is sent in Authorization header"),
        ("  ", "Empty JWT is sent in Authorization header"),
        ("x", "Expected 3 parts in JWT; got 1"),
        (f"{HEAD}.{BODY}", "Expected 3 parts in JWT; got 2"),
        (f"{GOOD}.x", "Expected 3 parts in JWT; got 4"),
        ("..", "JWT cannot be decoded"),
        ("a.b.c", "JWT cannot be decoded"),
        ("\u00ff.\u00ff.\u00ff", "JWT cannot be decoded"),
        (f"{HEAD}.{BODY}.{SIGNATURE}, Bearer {HEAD}.{BODY}.{SIGNATURE}", "Expected 3 parts in JWT; got 5"),
        (f"{encoded(b'[]')}.{BODY}.{SIGNATURE}", "JWT cannot be decoded"),
        (f"{encoded(b'[' * 3000)}.{BODY}.{SIGNATURE}", "JWT cannot be decoded"),
        (f"{encoded(b'{')}.{BODY}.{SIGNATURE}", "JWT cannot be decoded"),
        (f"{HEAD}.{BODY}.{SIGNATURE[:-2]}", "JWT cannot be decoded"),
        (signed({"role": "customer"}, kid=7), "JWT cannot be decoded"),
        (signed({"role": "customer"}, crit=["x"]), "JWT cannot be decoded"),
        (signed(["customer"]), "JWT cannot be decoded"),
        (signed("customer"), "JWT cannot be decoded"),
        (signed({"role": "customer", "x": "x" * LARGEST}), f"JWT is longer than {LARGEST} characters"),
    ],
)
def test_a_malformed_token_is_refused(token: str, text: str) -> None:
    """R20-3, R20-7, R20-8"""
    with pytest.raises(AccessError) as refused:
        enter(token)
    assert refused.value.text == text
    assert refused.value.reason in {"token-malformed", "token-missing"}


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256", "EdDSA", "hs256", 7, None]
)
def test_no_other_algorithm_is_believed(algorithm: Any) -> None:
    """R20-2, R20-9"""
    for token in (
        signed({"role": "admin"}, algorithm=algorithm),
        f"{encoded(json.dumps({'alg': algorithm}).encode())}.{BODY}.",
    ):
        with pytest.raises(AccessError) as refused:
            enter(token)
        assert refused.value.text == "Wrong or unsupported encoding algorithm"


def test_no_algorithm_at_all_is_not_believed() -> None:
    with pytest.raises(AccessError) as refused:
        enter(by_hand({"typ": "JWT"}, {"role": "admin"}))
    assert refused.value.reason in {"token-invalid", "token-malformed"}


def test_a_longer_hash_with_the_right_key_is_refused() -> None:
    with pytest.raises(AccessError) as refused:
        enter(jwt.encode({"role": "admin"}, KEY, algorithm="HS512"))
    assert refused.value.text == "Wrong or unsupported encoding algorithm"


def test_a_public_key_token_is_refused() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(AccessError) as refused:
        enter(jwt.encode({"role": "admin"}, pem, algorithm="EdDSA"))
    assert refused.value.text == "Wrong or unsupported encoding algorithm"


@pytest.mark.parametrize(
    "token",
    [
        signed({"role": "customer"}, key="another key that is quite long enough for it"),
        signed({"role": "customer"}, key=KEY + " "),
        ".".join((HEAD, encoded(b'{"role":"admin"}'), SIGNATURE)),
        f"{HEAD}.{BODY}.",
        f"{HEAD}.{BODY}.{SIGNATURE[:-3]}",
        ".".join((encoded(b'{"typ":"JWT","alg":"HS256"}'), BODY, SIGNATURE)),
    ],
)
def test_a_forged_token_is_refused(token: str) -> None:
    """R20-9"""
    with pytest.raises(AccessError) as refused:
        enter(token)
    assert (refused.value.reason, refused.value.text) == ("token-invalid", "JWT cryptographic operation failed")


@pytest.mark.parametrize(
    ("claims", "reason", "text"),
    [
        ({"exp": NOW - 30}, "token-expired", "JWT expired"),
        ({"exp": NOW - 31}, "token-expired", "JWT expired"),
        ({"exp": 0}, "token-expired", "JWT expired"),
        ({"exp": -5}, "token-expired", "JWT expired"),
        ({"nbf": NOW + 31}, "token-early", "JWT not yet valid"),
        ({"iat": NOW + 31}, "token-early", "JWT issued at future"),
        *[
            ({name: value}, "token-claims", f"The JWT '{name}' claim must be a number")
            for name in ("exp", "nbf", "iat")
            for value in ("1800000000", True, [1], {}, float("inf"), float("nan"), 10**400)
        ],
    ],
)
def test_a_token_out_of_its_time_is_refused(claims: dict[str, Any], reason: str, text: str) -> None:
    """R20-2, R20-10, R20-11"""
    with pytest.raises(AccessError) as refused:
        enter(signed({"role": "customer", **claims}))
    assert (refused.value.reason, refused.value.text) == (reason, text)


@pytest.mark.parametrize(
    "claims", [{"exp": NOW - 29}, {"nbf": NOW + 30}, {"iat": NOW + 30}, {"exp": NOW + 0.5}, {"exp": None}]
)
def test_clocks_may_differ_by_half_a_minute(claims: dict[str, Any]) -> None:
    """R20-2"""
    assert enter(signed({"role": "customer", **claims})).role == "customer"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "role-missing"),
        ({"role": None}, "role-missing"),
        ({"sub": "5"}, "role-missing"),
        ({"role": ""}, "token-claims"),
        ({"role": ["admin"]}, "token-claims"),
        ({"role": 1}, "token-claims"),
        ({"role": "admin", NAMESPACE: {}}, "role-missing"),
        ({NAMESPACE: None}, "token-claims"),
        ({NAMESPACE: []}, "token-claims"),
        ({NAMESPACE: "{"}, "token-claims"),
        ({NAMESPACE: "[" * 3000}, "token-claims"),
        ({NAMESPACE: "[]"}, "token-claims"),
        ({NAMESPACE: {"x-hasura-default-role": "admin"}}, "role-missing"),
        ({NAMESPACE: {"x-hasura-allowed-roles": ["admin"]}}, "role-missing"),
        ({NAMESPACE: {**HASURA, "x-hasura-allowed-roles": "customer"}}, "token-claims"),
        ({NAMESPACE: {**HASURA, "x-hasura-allowed-roles": ["customer", 1]}}, "token-claims"),
        ({NAMESPACE: {**HASURA, "x-hasura-default-role": ["customer"]}}, "token-claims"),
        ({NAMESPACE: {**HASURA, "x-hasura-allowed-roles": []}}, "role-not-allowed"),
        ({NAMESPACE: {**HASURA, "x-hasura-default-role": "admin"}}, "role-not-allowed"),
    ],
)
def test_a_token_that_names_no_role_is_refused(payload: dict[str, Any], reason: str) -> None:
    """G12.1-3"""
    with pytest.raises(AccessError) as refused:
        enter(signed(payload))
    assert refused.value.reason == reason


@pytest.mark.parametrize("role", ["admin", "", "CUSTOMER", "customer, customer"])
@pytest.mark.parametrize("payload", [{"role": "customer"}, {NAMESPACE: HASURA}])
def test_a_role_that_the_token_does_not_give_is_refused(payload: dict[str, Any], role: str) -> None:
    """G12.1-3"""
    with pytest.raises(AccessError) as refused:
        enter(signed(payload), **{"x-hasura-role": role})
    assert refused.value.reason == "role-not-allowed"


@pytest.mark.parametrize(
    "claims", [HASURA, json.dumps(HASURA), {name.title(): value for name, value in HASURA.items()}]
)
def test_the_header_chooses_among_the_roles_of_the_token(claims: object) -> None:
    """G12.1-3, G12.1-6"""
    token = signed({NAMESPACE: claims})
    assert enter(token).role == "customer"
    assert enter(token, **{"x-hasura-role": "editor"}).role == "editor"


def test_session_variables_come_from_the_token_only() -> None:
    """G12.1-3, G12.1-6"""
    claims = {
        **HASURA,
        "X-Hasura-User-Id": 5,
        "x-hasura-role": "admin",
        "x-hasura-tags": ["a", 'b "c"', "", "null", 2],
        "x-hasura-flag": True,
        "x-hasura-none": None,
        "x-hasura-map": {"a": 1},
    }
    actor = enter(signed({NAMESPACE: claims, "sub": "9"}), **{"x-hasura-user-id": "6", "x-hasura-other": "7"})
    assert dict(actor.claims) == {
        "x-hasura-role": "customer",
        "x-hasura-user-id": "5",
        "x-hasura-tags": '{a,"b \\"c\\"","","null",2}',
        "x-hasura-flag": "true",
        "x-hasura-map": '{"a":1}',
    }


def test_the_claims_of_a_plain_token() -> None:
    actor = enter(signed({"role": "customer", "sub": "9", "X-Hasura-Role": "admin"}))
    assert dict(actor.claims) == {"role": "customer", "sub": "9", "x-hasura-role": "customer"}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_word_bearer_in_any_case(scheme: str) -> None:
    """R20-1"""
    assert (
        Authenticator(FOUND, clock=Clock()).authenticate({"authorization": f"{scheme} {GOOD}"}, False).role
        == "customer"
    )


def test_a_remembered_token_is_refused_when_its_time_is_over() -> None:
    clock = Clock()
    found = Authenticator(FOUND, clock=clock)
    headers = {"authorization": "Bearer " + signed({"role": "customer", "exp": NOW + 10})}
    assert found.authenticate(headers, False).role == "customer"
    clock.now = NOW + 39
    assert found.authenticate(headers, False).role == "customer"
    clock.now = NOW + 40
    for _ in range(2):
        with pytest.raises(AccessError) as refused:
            found.authenticate(headers, False)
        assert refused.value.reason == "token-expired"


def test_a_token_is_verified_once_and_not_too_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []
    decode = jwt.decode
    monkeypatch.setattr(
        jwt, "decode", lambda token, *rest, **more: (verified.append(token), decode(token, *rest, **more))[1]
    )
    found = Authenticator(FOUND, clock=Clock())

    def enter_as(number: int) -> None:
        found.authenticate({"authorization": "Bearer " + signed({"role": "customer", "n": number})}, False)

    for number in [*range(REMEMBERED), *range(REMEMBERED)]:
        enter_as(number)
    assert len(verified) == REMEMBERED
    enter_as(REMEMBERED)  # one more: the least recently used one, the first, goes
    enter_as(1)
    assert len(verified) == REMEMBERED + 1
    enter_as(0)
    assert len(verified) == REMEMBERED + 2


def test_a_refused_token_is_not_remembered() -> None:
    found = Authenticator(FOUND, clock=Clock())
    for _ in range(2):
        with pytest.raises(AccessError):
            found.authenticate({"authorization": f"Bearer {GOOD}x"}, False)


def test_two_instances_share_nothing() -> None:
    headers = {"authorization": f"Bearer {GOOD}"}
    assert Authenticator(FOUND, clock=Clock()).authenticate(headers, False).role == "customer"
    with pytest.raises(AccessError) as refused:
        Authenticator(settings(jwt_secret_key="x" * 40)).authenticate(headers, False)
    assert refused.value.reason == "token-invalid"
