"""The policies of the store, against its files."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from graphql_client import table
from pydantic import SecretStr

from asker import Asker, asking
from chinook.models import Employee, Invoice
from gemel.app import App
from gemel.errors import Denied, MissingVariable
from gemel.policy import visible
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


def test_who_may_call_a_function(shop: Asker) -> None:
    """R17-9: those that are named, and who inherits from them; rows are as the caller sees them."""
    found = shop.as_("customer", user_id=1).rows("/rpc/tracks_of?artist_id=1&select=id&order=id")
    assert found == shop.as_("admin").rows("/rpc/tracks_of?artist_id=1&select=id&order=id")
    assert shop.as_("customer", user_id=1).problem("GET", "/rpc/add_them?a=1&b=2")[:2] == (403, "42501")
    paths = shop.as_("anonymous").rows("/")["paths"]
    assert {path for path in paths if path.startswith("/rpc")} == {"/rpc/tracks_of"}


def test_who_may_ask_an_own_resolver(shop: Asker, files: dict[str, list[dict[str, Any]]]) -> None:
    """A field that names the role; of its rows those that the role sees, with what it sees of them."""
    query = "{ top_customers(limit: 59) { id support_rep { id } invoices_aggregate { aggregate { count } } } }"
    support = shop.as_("support", employee_id=3).data(query)["top_customers"]
    assert {row["id"] for row in support} == {row["id"] for row in files["customer"] if row["support_rep_id"] == 3}
    assert len(shop.as_("admin").data(query)["top_customers"]) == 59
    assert shop.as_("customer", user_id=1).refused("{ top_customers { id } }")[0] == "validation-failed"
    assert shop.as_("support", employee_id=3).refused("{ store_statistics { tracks } }")[0] == "validation-failed"


async def ids_of(shop: Asker, access: Any, claims: dict[str, str], model: type) -> set[int]:
    async with shop.engine.session() as session:
        return {item.id for item in await session.scalars(visible(access, claims, model))}


def test_a_select_of_visible_rows(shop: Asker, files: dict[str, list[dict[str, Any]]]) -> None:
    """What ``info.context.visible()`` gives to the app's own code."""
    access = shop.engine.access.of("customer")
    found = shop.runner.run(ids_of(shop, access, {"user-id": "5"}, Invoice))
    assert found == {row["id"] for row in files["invoice"] if row["customer_id"] == 5}
    with pytest.raises(MissingVariable):
        visible(access, {}, Invoice)
    with pytest.raises(Denied):
        visible(access, {"user-id": "5"}, Employee)
