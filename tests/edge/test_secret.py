"""The admin secret (docs/dialects/graphql.md, section 12.1)."""

import jwt
import pytest

from edge.asgi import settings
from gemel.auth import Authenticator, authenticate
from gemel.errors import AccessError

SECRET = "s3cr\u00e9t of the admin"
KEY = "k" * 40
BOTH = settings(admin_secret=SECRET, jwt_secret_key=KEY)
SECRET_ONLY = settings(admin_secret=SECRET)
TOKEN_ONLY = settings(jwt_secret_key=KEY)
HERE = {"host": "localhost:5000"}
ON_THE_WIRE = SECRET.encode().decode("latin-1")
GOOD_TOKEN = {"authorization": "Bearer " + jwt.encode({"role": "customer"}, KEY)}


@pytest.mark.parametrize("name", ["x-hasura-admin-secret", "x-hasura-access-key"])
@pytest.mark.parametrize("given", ["", "wrong", ON_THE_WIRE + "x", ON_THE_WIRE[:-1], ON_THE_WIRE.upper(), "\u20ac",
                                   f"{ON_THE_WIRE}, {ON_THE_WIRE}"])  # fmt: skip
def test_a_wrong_secret_is_refused_even_beside_a_good_token(name: str, given: str) -> None:
    """G12.1-2"""
    with pytest.raises(AccessError) as refused:
        authenticate({**HERE, **GOOD_TOKEN, name: given}, True, BOTH)
    assert refused.value.reason == "secret-wrong"


@pytest.mark.parametrize("given", ["", "anything"])
def test_a_secret_that_is_not_set_is_matched_by_nothing(given: str) -> None:
    with pytest.raises(AccessError) as refused:
        authenticate({**HERE, **GOOD_TOKEN, "x-hasura-admin-secret": given}, True, TOKEN_ONLY)
    assert refused.value.reason == "secret-wrong"


def test_a_wrong_secret_beside_the_right_one_under_the_old_name_is_refused() -> None:
    with pytest.raises(AccessError):
        authenticate({"x-hasura-admin-secret": "wrong", "x-hasura-access-key": ON_THE_WIRE}, True, BOTH)


@pytest.mark.parametrize(
    ("found", "headers", "reason"),
    [
        (SECRET_ONLY, {}, "secret-missing"),
        (SECRET_ONLY, {"authorization": "Basic YTpi"}, "secret-missing"),
        (SECRET_ONLY, GOOD_TOKEN, "token-unverifiable"),
        (BOTH, {}, "token-missing"),
        (BOTH, {"authorization": "Basic YTpi"}, "token-missing"),
        (TOKEN_ONLY, {}, "token-missing"),
        (TOKEN_ONLY, {"x-hasura-role": "admin"}, "token-missing"),
    ],
)
def test_this_machine_is_nobody_where_a_secret_is_set(found: object, headers: dict[str, str], reason: str) -> None:
    """G12.1-5"""
    with pytest.raises(AccessError) as refused:
        authenticate({**HERE, **headers}, True, found)  # type: ignore[arg-type]
    assert refused.value.reason == reason


def test_an_empty_role_is_not_the_default_one() -> None:
    with pytest.raises(AccessError) as refused:
        authenticate({"x-hasura-admin-secret": ON_THE_WIRE, "x-hasura-role": ""}, False, BOTH)
    assert refused.value.reason == "role-not-allowed"


@pytest.mark.parametrize("name", ["x-hasura-admin-secret", "x-hasura-access-key"])
def test_the_right_secret_makes_an_admin_from_anywhere(name: str) -> None:
    """G12.1-2"""
    actor = authenticate({"host": "shop.example", "via": "proxy", name: ON_THE_WIRE}, False, BOTH)
    assert actor.role == "admin"
    assert dict(actor.claims) == {"x-hasura-role": "admin"}  # and the secret is no session variable


def test_the_right_secret_wins_over_a_token() -> None:
    """G12.1-2"""
    assert authenticate({**GOOD_TOKEN, "x-hasura-admin-secret": ON_THE_WIRE}, False, BOTH).role == "admin"


def test_an_admin_may_take_any_role_and_variables() -> None:
    """G12.1-2"""
    headers = {
        "x-hasura-admin-secret": ON_THE_WIRE,
        "x-hasura-role": "customer",
        "x-hasura-user-id": "5",
        "accept": "*",
    }
    actor = Authenticator(BOTH).authenticate(headers, False)
    assert actor.role == "customer"
    assert dict(actor.claims) == {"x-hasura-role": "customer", "x-hasura-user-id": "5"}
    with pytest.raises(TypeError):
        actor.claims["x-hasura-user-id"] = "6"  # type: ignore[index]
