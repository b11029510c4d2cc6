"""The OWASP API Security Top 10 (2023), by name, against both services (https://owasp.org/API-Security/editions/2023)."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from asker import Asker, asking
from chinook import policies
from gemel.app import App, load_app
from gemel.auth import Authenticator
from gemel.errors import AccessError, SettingsError
from gemel.limits import Limits
from gemel.policy import Policies, Role
from gemel.settings import Settings, load

SECRET = "an admin's secret of this test"
KEY = "a key that signs the tokens of this test" + "x" * 24


@pytest.fixture
def shop(chinook: Settings, chinook_app: App) -> Iterator[Asker]:
    """Chinook, as in production."""
    guarded = chinook.model_copy(
        update={
            "admin_secret": SecretStr(SECRET),
            "jwt_secret_key": SecretStr(KEY),
            "anonymous_role": "anonymous",
            "frontend_uri": ("https://shop.example",),
        }
    )
    with asking(guarded, chinook_app) as asker:
        yield asker


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def signed(key: str = KEY, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: object) -> str:
    return jwt.encode(
        {"role": "customer", "user-id": "5", "exp": int(time.time()) + 60, **claims}, key, algorithm, headers
    )


def customer(shop: Asker) -> Asker:
    return replace(shop, headers=bearer(signed()))


def test_api1_broken_object_level_authorization(shop: Asker) -> None:
    """Another customer's objects: by key, by filter, along relations, by writing."""
    one, admin = customer(shop), replace(shop, headers={"x-hasura-admin-secret": SECRET})
    assert one.data("{ customer_by_pk(id: 5) { id } invoice_by_pk(id: 77) { id } }")["customer_by_pk"] == {"id": 5}
    [others] = admin.rows("/invoice?customer_id=eq.6&limit=1&select=id")
    assert one.data(
        "query ($id: Int!) { invoice_by_pk(id: $id) { id } customer_by_pk(id: 6) { id } }", id=others["id"]
    ) == {
        "invoice_by_pk": None,
        "customer_by_pk": None,
    }
    assert one.rows("/customer?id=in.(6,7)") == one.rows(f"/invoice?id=eq.{others['id']}") == []
    assert one.rest("GET", "/customer/6").status_code == 404
    assert one.data("{ invoice(where: {customer: {id: {_neq: 5}}}) { id } }")["invoice"] == []
    before = admin.rows("/customer?id=eq.6")
    assert one.data('mutation { update_customer_by_pk(pk_columns: {id: 6}, _set: {phone: "x"}) { id } }') == {
        "update_customer_by_pk": None
    }
    assert one.rest("PATCH", "/customer?id=eq.6", {"phone": "x"}, prefer="return=representation").json() == []
    assert one.rest("PATCH", "/customer/6", {"phone": "x"}).status_code == 404
    assert admin.rows("/customer?id=eq.6") == before


def test_api2_broken_authentication(shop: Asker) -> None:
    """Forged, expired, early, of another algorithm, of another signer, oversized; a wrong secret; another's role."""
    unsigned = jwt.encode({"role": "admin"}, "", algorithm="none")
    head, body, mark = signed().split(".")
    raised = jwt.utils.base64url_encode(json.dumps({"role": "admin"}).encode()).decode()
    wrong = [
        bearer(signed(key="x" * 32)),
        bearer(unsigned),
        bearer(f"{head}.{raised}.{mark}"),
        bearer(f"{head}.{body}."),
        bearer(signed(algorithm="HS512")),
        bearer(signed(exp=int(time.time()) - 3600)),
        bearer(signed(nbf=int(time.time()) + 3600)),
        bearer(signed(padding="x" * 10_000)),
        bearer("x" * 60_000),
        {**bearer(signed()), "x-hasura-role": "admin"},
        {"x-hasura-role": "admin"},
        {"x-hasura-admin-secret": SECRET + "x"},
        {"x-hasura-admin-secret": ""},
        {"x-api-key": "gml_abcdefghijkl_" + "x" * 43},
    ]
    for headers in wrong:
        asker = replace(shop, headers=headers)
        assert asker.rest("GET", "/artist?limit=1").status_code == 401, headers
        answer = asker.graphql("{ artist(limit: 1) { id } }")
        assert set(answer) == {"errors"}, headers
    aimed = {"key": KEY, "type": "HS256", "audience": "shop"}
    settings = Settings(jwt_secrets=json.dumps([aimed]))  # type: ignore[arg-type]
    with pytest.raises(AccessError, match="audience"):
        Authenticator(settings).authenticate(bearer(signed(aud="elsewhere")), False)
    assert Authenticator(settings).authenticate(bearer(signed(aud="shop")), False).role == "customer"


def test_api3_broken_object_property_level_authorization(shop: Asker) -> None:
    """Columns that are not the role's can be neither read nor written along with those that are (mass assignment)."""
    one, admin = customer(shop), replace(shop, headers={"x-hasura-admin-secret": SECRET})
    assert one.refused(
        'mutation { update_customer(where: {}, _set: {phone: "1", support_rep_id: 1}) { affected_rows } }'
    )[0] == ("validation-failed")
    assert one.problem("PATCH", "/customer?id=eq.5", {"phone": "1", "support_rep_id": 1})[:2] == (400, "PGRST204")
    assert admin.rows("/customer?id=eq.5&select=support_rep_id,phone") != [{"support_rep_id": 1, "phone": "1"}]
    assert one.rest("PATCH", "/customer?id=eq.5", {"phone": "1"}).status_code == 204
    assert one.refused("{ customer { support_rep { email } } }")[0] == "validation-failed"
    assert one.rest("GET", "/customer?select=employee(email)").status_code == 400
    shown = json.dumps(one.data("{ __schema { types { name fields { name } inputFields { name } } } }"))
    assert "employee" not in shown


def test_api4_unrestricted_resource_consumption(shop: Asker) -> None:
    """Every role but the admin has limits of depth, size, cost, pages, batches and bodies without being given any."""
    one = customer(shop)
    deep = "{ artist " + "{ albums { artist " * 6 + "{ id }" + "}}" * 6 + "}"
    assert one.refused(deep)[0] == "depth-limit-exceeded"
    assert (
        one.refused("{" + " ".join(f"a{n}: artist(limit: 1) {{ id }}" for n in range(1001)) + "}")[0]
        == "fields-limit-exceeded"
    )
    assert one.refused("{ artist { albums { tracks { playlists { tracks { id } } } } } }")[0] == "cost-limit-exceeded"
    assert len(one.rows("/track?limit=100000")) == 1000
    assert one.rest("POST", "/customer", {"phone": "x" * 5_000_000}).status_code == 413
    content = json.dumps([{"query": "{ artist_by_pk(id: 1) { id } }"}] * 101)
    headers = {"content-type": "application/json", **one.headers}
    batch = one.runner.run(one.graphql_client.post("http://localhost/graphql", content=content, headers=headers))
    assert batch.json()["errors"][0]["extensions"]["code"] == "batch-limit-exceeded"
    assert Limits().rate
    assert Limits().concurrency


def test_api5_broken_function_level_authorization(shop: Asker) -> None:
    """What only others may do: by verb, by function, by resolver."""
    one, nobody = customer(shop), replace(shop, headers={})
    for mutation in (
        "delete_customer(where: {}) { affected_rows }",
        'insert_artist_one(object: {name: "x"}) { id }',
        "delete_track_by_pk(id: 1) { id }",
        "transfer_customer(customer_id: 5, employee_id: 3) { id }",
        'add_artist(name: "x") { id }',
    ):
        assert one.refused(f"mutation {{ {mutation} }}")[0] == "validation-failed"
        assert nobody.refused(f"mutation {{ {mutation} }}")[0] == "validation-failed"
    for method, path in (
        ("DELETE", "/customer?id=eq.5"),
        ("POST", "/artist"),
        ("PUT", "/genre?id=eq.1"),
        ("GET", "/employee"),
    ):
        body = {"id": 1, "name": "x"} if method in ("POST", "PUT") else None
        assert one.rest(method, path, body).status_code == 403
        assert nobody.rest(method, path, body).status_code == 401
    assert one.refused("{ top_customers { id } }")[0] == "validation-failed"


def test_api6_unrestricted_access_to_sensitive_business_flows(chinook: Settings) -> None:
    """A flow can be slowed down for a role, and GraphQL be cut down to the operations that a frontend has."""
    app = load_app("chinook")
    frontend = "mutation Move($to: String!) { update_customer(where: {}, _set: {address: $to}) { affected_rows } }"
    limits = Limits(rate="2/hour", listed=True)
    app.__dict__["operations"] = {"move": frontend}
    app.__dict__["policies"] = Policies(policies.policies, [Role("customer", "anonymous", limits=limits)])
    with asking(chinook, app) as asker:
        one = asker.as_("customer", user_id=5)
        assert one.data(frontend, to="A Street 1")["update_customer"] == {"affected_rows": 1}
        assert one.refused("{ customer { email } }") == ("validation-failed", "query is not allowed")
        assert one.refused(frontend, to="A Street 2")[0] == "rate-limit-exceeded"
        other = asker.as_("customer", user_id=6)
        assert other.data(frontend, to="A Street 3")["update_customer"] == {"affected_rows": 1}


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """An address, and the paths that were asked for at it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("location", "/elsewhere")
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            if self.path == "/large":
                for _ in range(64):
                    self.wfile.write(b" " * 65_536)
            elif self.path == "/slow":
                for _ in range(60):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.1)
            else:
                self.wfile.write(
                    b'{"keys": [{"kty": "RSA", "n": "AA"}, 5, {"kty": "nothing"}]}'
                    if self.path == "/odd"
                    else b"<html>"
                )

        def log_message(self, *_: object) -> None:
            pass

    class Server(HTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # the service hangs up on what is too large

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_api7_server_side_request_forgery(shop: Asker) -> None:
    """Nothing in a request makes the service ask an address: not a token's header, not a value, not a header."""
    with listening() as (address, asked):
        for name in ("jku", "x5u", "kid"):
            token = signed(key="y" * 32, headers={name: f"{address}/{name}"})
            assert replace(shop, headers=bearer(token)).rest("GET", "/artist").status_code == 401
        one = replace(
            shop, headers={**bearer(signed(iss=address)), "x-forwarded-host": address.removeprefix("http://")}
        )
        one.rest("GET", f"/artist?name=eq.{address}", origin=address, referer=address)
        one.graphql("query ($n: String) { artist(where: {name: {_eq: $n}}) { id } }", n=address)
        assert asked == []


def test_api8_security_misconfiguration(shop: Asker) -> None:
    """Open without a secret, examples for secrets: no start. Details, pages and foreign origins: not in production."""
    for environ in (
        {"GEMEL_HOST": "0.0.0.0"},  # noqa: S104
        {"GEMEL_ADMIN_SECRET": "change-me"},
        {"GEMEL_JWT_SECRET_KEY": "change-me-" + "x" * 32},
        {"GEMEL_JWT_SECRET_KEY": "short"},
    ):
        with pytest.raises(SettingsError):
            load(environ)
    nobody = replace(shop, headers={})
    page = shop.runner.run(shop.graphql_client.get("http://localhost/graphql", headers={"accept": "text/html"}))
    assert "html" not in page.headers["content-type"]
    for answer in (page, nobody.rest("GET", "/artist?limit=1"), nobody.rest("GET", "/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["x-request-id"]
    foreign = nobody.rest("GET", "/artist?limit=1", origin="https://evil.example")
    assert "access-control-allow-origin" not in foreign.headers
    ours = nobody.rest("GET", "/artist?limit=1", origin="https://shop.example")
    assert ours.headers["access-control-allow-origin"] == "https://shop.example"
    admin = replace(shop, headers={"x-hasura-admin-secret": SECRET})
    assert "internal" not in json.dumps(
        admin.graphql('mutation { insert_artist(objects: {id: 1, name: "x"}) { affected_rows } }')
    )
    form = {"content-type": "text/plain", "origin": "https://evil.example", "x-hasura-admin-secret": SECRET}
    sent = shop.graphql_client.post("http://localhost/graphql", content='{"query":"{ artist { id } }"}', headers=form)
    assert shop.runner.run(sent).json()["errors"][0]["extensions"]["code"] == "invalid-headers"
    query = shop.graphql_client.get("http://localhost/graphql?query={artist{id}}", headers=admin.headers)
    assert shop.runner.run(query).json()["errors"][0]["extensions"]["code"] == "not-supported"


def test_api9_improper_inventory_management(shop: Asker) -> None:
    """What a role is shown is what it can ask, and nothing is served that the documents do not name."""
    one = customer(shop)
    document = one.rest("GET", "/").json()
    tables = {path.strip("/") for path in document["paths"] if path.count("/") == 1 and path != "/"}
    everything = {table.name for table in shop.engine.catalog.tables.values()}
    assert {"customer", "invoice", "artist"} <= tables < everything
    for name in everything:
        assert (one.rest("GET", f"/{name}?limit=1").status_code == 200) == (name in tables), name
    fields = {
        item["name"]
        for item in one.data("{ __schema { queryType { fields { name } } } }")["__schema"]["queryType"]["fields"]
    }
    for name in everything:
        assert (
            ("data" in one.graphql(f"{{ {name}(limit: 1) {{ __typename }} }}")) == (name in fields) == (name in tables)
        )


def test_api10_unsafe_consumption_of_apis(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that is asked of others, an issuer's keys: too large, too slow, moved, odd or no answer at all."""
    monkeypatch.setattr("gemel.auth.key_set.TIMEOUT", 0.5)
    token = bearer(signed(algorithm="HS256", headers={"kid": "k"}))
    with listening() as (address, asked):
        for path in ("/large", "/slow", "/moved", "/odd", "/html"):
            settings = Settings(jwt_secrets=json.dumps([{"jwk_url": address + path}]))  # type: ignore[arg-type]
            began = time.monotonic()
            with pytest.raises(AccessError):
                asyncio.run(Authenticator(settings).admit(token, False))
            assert time.monotonic() - began < 3, path
        assert asked == ["/large", "/slow", "/moved", "/odd", "/html"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = Settings(jwt_secrets=json.dumps([{"jwk_url": f"http://127.0.0.1:{silent.getsockname()[1]}/"}]))  # type: ignore[arg-type]
        with pytest.raises(AccessError):
            asyncio.run(Authenticator(settings).admit(token, False))
