"""The policies of the store, against its files."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from asker import Asker, asking
from graphql_client import table
from pydantic import SecretStr

from gemel.app import App
from gemel.settings import Settings

SECRET = "a secret of thirty-two characters"
CATALOGUE = {"album", "artist", "genre", "media_type", "playlist", "playlist_track", "track"}


@pytest.fixture(scope="module")
def files(chinook_app: App) -> dict[str, list[dict[str, Any]]]:
    return {name: table(chinook_app, name) for name in ("customer", "invoice", "invoice_line", "employee")}


def keys(rows: Any) -> set[int]:
    return {row["id"] for row in rows}


def test_a_customer_sees_its_own(shop: Asker, files: dict[str, list[dict[str, Any]]]) -> None:
    for key in (1, 17, 59):
        customer = shop.as_("customer", user_id=key)
        invoices = {row["id"] for row in files["invoice"] if row["customer_id"] == key}
        assert keys(customer.rows("/customer")) == {key}
        assert keys(customer.rows("/invoice")) == invoices
        assert keys(customer.data("{ invoice { id } }")["invoice"]) == invoices
        lines = {row["id"] for row in files["invoice_line"] if row["invoice_id"] in invoices}
        assert keys(customer.rows("/invoice_line")) == lines
        sold = customer.data("{ track(where: {invoice_lines: {}}, order_by: {id: asc}) { id invoice_lines { id } } }")
        assert {line["id"] for row in sold["track"] for line in row["invoice_lines"]} == lines


def test_support_sees_whom_it_supports(shop: Asker, files: dict[str, list[dict[str, Any]]]) -> None:
    support = shop.as_("support", employee_id=4)
    customers = {row["id"] for row in files["customer"] if row["support_rep_id"] == 4}
    assert keys(support.rows("/customer")) == customers
    invoices = {row["id"] for row in files["invoice"] if row["customer_id"] in customers}
    assert keys(support.rows("/invoice")) == invoices
    assert keys(support.rows("/employee")) == keys(files["employee"])
    assert support.problem("GET", "/invoice_line")[:2] == (403, "42501")
    counted = support.data("{ customer_aggregate { aggregate { count } } invoice_aggregate { aggregate { count } } }")
    assert counted["customer_aggregate"]["aggregate"]["count"] == len(customers)
    assert counted["invoice_aggregate"]["aggregate"]["count"] == len(invoices)


@pytest.mark.parametrize("role", ["anonymous", "customer", "support"])
def test_the_catalogue_is_for_everybody(shop: Asker, role: str) -> None:
    asker = shop.as_(role, user_id=1, employee_id=1)
    for name in CATALOGUE:
        assert asker.rows(f"/{name}?limit=1")


def test_an_own_address_may_change(shop_write: Asker) -> None:
    customer = shop_write.as_("customer", user_id=5)
    assert customer.rest("PATCH", "/customer/5", {"address": "Here 1", "phone": "1"}).status_code == 204
    assert customer.rows("/customer?select=address,phone") == [{"address": "Here 1", "phone": "1"}]
    assert customer.problem("PATCH", "/customer/5", {"email": "x@example.org"})[:2] == (400, "PGRST204")
    assert customer.problem("PATCH", "/customer/6", {"phone": "1"})[0] == 404
    assert customer.problem("DELETE", "/customer/5")[:2] == (403, "42501")
    assert customer.problem("POST", "/invoice", {"customer_id": 5})[:2] == (403, "42501")


@pytest.fixture(scope="module")
def guarded(chinook_read: Settings, chinook_app: App) -> Iterator[Asker]:
    changes = {
        "admin_secret": SecretStr("the admin's own secret"),
        "jwt_secret_key": SecretStr(SECRET),
        "anonymous_role": "anonymous",
    }
    with asking(chinook_read.model_copy(update=changes), chinook_app) as asker:
        yield asker


def bearer(**claims: object) -> dict[str, str]:
    return {"authorization": "Bearer " + jwt.encode(claims, SECRET, algorithm="HS256")}


def test_without_credentials(guarded: Asker) -> None:
    """G12.1-4, R20-1, R20-4: they have the anonymous role; wrong ones are refused."""
    assert guarded.rows("/genre?id=eq.1") == [{"id": 1, "name": "Rock"}]
    assert guarded.data("{ genre_by_pk(id: 1) { name } }") == {"genre_by_pk": {"name": "Rock"}}
    answer = guarded.rest("GET", "/employee")
    assert (answer.status_code, answer.json()["code"]) == (401, "42501")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert guarded.problem("GET", "/genre", authorization="Bearer a.b.c")[0] == 401
    assert guarded.problem("GET", "/genre", x_hasura_admin_secret="wrong")[0] == 401
    assert guarded.problem("GET", "/genre", x_hasura_role="customer", x_hasura_user_id="1")[0] == 401
    basic = base64.b64encode(b"a:b").decode()
    assert guarded.rows("/genre?id=eq.1", authorization=f"Basic {basic}") == [{"id": 1, "name": "Rock"}]


def test_tokens_carry_claims(guarded: Asker) -> None:
    """R20-1, G12.1-3"""
    soon = int(time.time()) + 60
    assert keys(guarded.rows("/customer", **bearer(role="customer", **{"user-id": 7}, exp=soon))) == {7}
    hasura = {"x-hasura-allowed-roles": ["customer"], "x-hasura-default-role": "customer", "x-hasura-user-id": "8"}
    claims = bearer(**{"https://hasura.io/jwt/claims": hasura}, exp=soon)
    assert keys(guarded.rows("/customer", x_hasura_user_id="1", **claims)) == {8}
    assert guarded.rows("/genre?id=eq.1", **bearer(exp=soon)) == [{"id": 1, "name": "Rock"}]
    assert guarded.problem("GET", "/customer", **bearer(exp=soon))[:2] == (401, "42501")
