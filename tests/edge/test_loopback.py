"""Without a secret only programs of this machine are served, and they are admin (docs/decisions.md, 17)."""

import pytest

from edge.asgi import settings
from gemel.auth import authenticate
from gemel.edge import peer_is_loopback
from gemel.errors import AccessError

HERE = {"host": "localhost:5000"}
OPEN = settings()
WITH_FRONTEND = settings(frontend_uri="https://shop.example, http://localhost:3000")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:5000", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:5000"])
def test_a_loopback_name_makes_an_admin(host: str) -> None:
    assert authenticate({"host": host}, True, OPEN).role == "admin"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no host"),
        pytest.param({"host": ""}, id="empty host"),
        pytest.param({"host": "shop.example"}, id="rebound name"),
        pytest.param({"host": "localhost.shop.example"}, id="name that begins so"),
        pytest.param({"host": "shop.example#localhost"}, id="name that ends so"),
        pytest.param({"host": "127.0.0.1.shop.example:5000"}, id="address that begins so"),
        pytest.param({"host": "127.0.0.2"}, id="other loopback address"),
        pytest.param({"host": "::1"}, id="no brackets"),
        pytest.param({"host": "localhost:"}, id="no port"),
        pytest.param({"host": "localhost:5000:1"}, id="two ports"),
        pytest.param({"host": "localhost\n"}, id="line end"),
        pytest.param({"host": "localhost, shop.example"}, id="two hosts"),
        pytest.param({"host": "user@localhost"}, id="user"),
        pytest.param({"host": "0.0.0.0:5000"}, id="any address"),
    ],
)
def test_any_other_host_is_refused(headers: dict[str, str]) -> None:
    _refused(headers)


@pytest.mark.parametrize(
    "name",
    ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
     "x-forwarded-anything", "x-client-ip", "true-client-ip", "cf-connecting-ip"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["127.0.0.1", ""])
def test_what_came_through_a_proxy_is_refused(name: str, value: str) -> None:
    _refused({**HERE, name: value})


@pytest.mark.parametrize(
    "origin",
    ["null", "", "https://shop.example", "http://localhost:3000", "http://localhost", "http://localhost:5000/",
     "http://127.0.0.1:5000", "http://localhost:5000, http://localhost:5000", "ftp://localhost:5000",
     "http://localhost:50000", "http://xlocalhost:5000"],
)  # fmt: skip
def test_a_page_of_another_origin_is_refused(origin: str) -> None:
    _refused({**HERE, "origin": origin})


@pytest.mark.parametrize("origin", ["http://localhost:5000", "https://localhost:5000", "http://LOCALHOST:5000"])
def test_a_page_of_this_address_is_served(origin: str) -> None:
    assert authenticate({**HERE, "origin": origin}, True, OPEN).role == "admin"


@pytest.mark.parametrize("origin", ["https://shop.example", "http://localhost:3000"])
def test_a_page_of_the_frontend_is_served(origin: str) -> None:
    assert authenticate({**HERE, "origin": origin}, True, WITH_FRONTEND).role == "admin"


def test_a_page_that_is_not_the_frontend_is_refused_where_there_is_one() -> None:
    with pytest.raises(AccessError) as refused:
        authenticate({**HERE, "origin": "https://shop.example.org"}, True, WITH_FRONTEND)
    assert refused.value.reason == "no-secret-configured"


def test_a_peer_that_is_not_loopback_is_refused_whatever_it_says() -> None:
    with pytest.raises(AccessError) as refused:
        authenticate({**HERE, "x-hasura-admin-secret": "", "x-hasura-role": "admin"}, False, OPEN)
    assert refused.value.reason == "no-secret-configured"


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("127.0.0.1", 1), True),
        (("127.8.8.8", 1), True),
        (("::1", 1), True),
        (("::ffff:127.0.0.1", 1), True),
        (("::ffff:10.0.0.1", 1), False),
        (("10.0.0.1", 1), False),
        (("localhost", 1), False),
        (("", 1), False),
        (None, False),
    ],
)
def test_the_peer(client: tuple[str, int] | None, expected: bool) -> None:
    assert peer_is_loopback({"client": client}) is expected


def test_a_local_admin_may_take_any_role_and_variables() -> None:
    """G12.1-1"""
    headers = {
        **HERE,
        "x-hasura-role": "customer",
        "x-hasura-user-id": "5",
        "x-other": "no",
        "authorization": "Bearer x",
    }
    actor = authenticate(headers, True, OPEN)
    assert actor.role == "customer"
    assert dict(actor.claims) == {"x-hasura-role": "customer", "x-hasura-user-id": "5"}


def _refused(headers: dict[str, str]) -> None:
    with pytest.raises(AccessError) as refused:
        authenticate(headers, True, OPEN)
    assert refused.value.reason == "no-secret-configured"
