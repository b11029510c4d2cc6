"""Both APIs through the gateway."""

from uuid import uuid4

import httpx
import pytest

from e2e.stack import Stack, ended_well

pytestmark = pytest.mark.e2e

ARTIST = "{ artist(where: {id: {_eq: 1}}) { id name albums(order_by: {id: asc}) { title } } }"
ALBUMS = ["For Those About To Rock We Salute You", "Let There Be Rock"]


def graphql(client: httpx.Client, query: str, path: str = "/graphql", **variables: object) -> httpx.Response:
    return client.post(path, json={"query": query, "variables": variables})


@pytest.mark.parametrize("path", ["/graphql", "/v1/graphql"])
def test_graphql_answers_nobody_without_the_secret(stranger: httpx.Client, path: str) -> None:
    answer = graphql(stranger, ARTIST, path)
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"]["code"] in {"access-denied", "invalid-headers", "invalid-jwt"}


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "artist?limit=1"), ("POST", "artist"), ("DELETE", "artist?id=eq.1")]
)
def test_rest_answers_nobody_without_the_secret(stranger: httpx.Client, method: str, path: str) -> None:
    body = {"name": "Intruder"} if method == "POST" else None
    assert stranger.request(method, f"/rest/v1/{path}", json=body).status_code in {401, 403}


def test_wrong_secret_is_refused(running: Stack, stranger: httpx.Client) -> None:
    wrong = {"x-hasura-admin-secret": running.secret[:-1] + "!"}
    assert stranger.get("/rest/v1/artist?limit=1", headers=wrong).status_code in {401, 403}
    assert "errors" in stranger.post("/graphql", json={"query": ARTIST}, headers=wrong).json()


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/", "/config/", "/rest", "/rest/v2/artist", "/admin"]
)
def test_what_is_internal_is_not_there(admin: httpx.Client, path: str) -> None:
    answer = admin.get(path)
    assert (answer.status_code, answer.text) == (404, "Not Found")


@pytest.mark.parametrize("path", ["/graphql", "/v1/graphql"])
def test_graphql_reads(admin: httpx.Client, path: str) -> None:
    expected = {"id": 1, "name": "AC/DC", "albums": [{"title": title} for title in ALBUMS]}
    answer = graphql(admin, ARTIST, path)
    assert answer.status_code == 200
    assert answer.json() == {"data": {"artist": [expected]}}


def test_rest_reads(admin: httpx.Client) -> None:
    path = "/rest/v1/artist?id=eq.1&select=id,name,album(title)&album.order=id.asc"
    answer = admin.get(path, headers={"Prefer": "count=exact"})
    assert answer.json() == [{"id": 1, "name": "AC/DC", "album": [{"title": title} for title in ALBUMS]}]
    assert answer.headers["content-range"] == "0-0/1"


def test_what_graphql_writes_rest_reads(admin: httpx.Client) -> None:
    insert = "mutation($name: String!) { insert_artist_one(object: {name: $name}) { id name } }"
    written = graphql(admin, insert, name="Gemel & the Hinges").json()["data"]["insert_artist_one"]
    assert written["name"] == "Gemel & the Hinges"
    read = admin.get(f"/rest/v1/artist?id=eq.{written['id']}")
    assert read.json() == [written]

    removed = graphql(admin, "mutation($id: Int!) { delete_artist_by_pk(id: $id) { id } }", id=written["id"])
    assert removed.json() == {"data": {"delete_artist_by_pk": {"id": written["id"]}}}
    assert admin.get(f"/rest/v1/artist?id=eq.{written['id']}").json() == []


def test_what_rest_writes_graphql_reads(admin: httpx.Client) -> None:
    prefer = {"Prefer": "return=representation"}
    created = admin.post("/rest/v1/artist", json={"name": "Two Leaves"}, headers=prefer)
    assert created.status_code == 201
    key = created.json()[0]["id"]
    changed = admin.patch(f"/rest/v1/artist?id=eq.{key}", json={"name": "One Hinge"}, headers=prefer)
    assert changed.json() == [{"id": key, "name": "One Hinge"}]
    query = "query($id: Int!) { artist_by_pk(id: $id) { name } }"
    assert graphql(admin, query, id=key).json() == {"data": {"artist_by_pk": {"name": "One Hinge"}}}
    assert admin.delete(f"/rest/v1/artist?id=eq.{key}").status_code == 204
    assert graphql(admin, query, id=key).json() == {"data": {"artist_by_pk": None}}


def test_all_of_the_stack_is_well(running: Stack) -> None:
    containers = running.containers()
    assert set(containers) == {
        "gateway", "migrator", "graphql", "rest", "worker", "beat", "postgres", "scratch", "redis", "pitr",
    }  # fmt: skip
    assert ended_well(containers.pop("migrator"))
    assert {name: item["Health"] for name, item in containers.items()} == dict.fromkeys(containers, "healthy")


@pytest.mark.parametrize("service", ["graphql", "rest", "worker", "beat"])
def test_containers_are_confined(running: Stack, service: str) -> None:
    program = """
import os
assert os.getuid() == 10001, os.getuid()
status = open("/proc/self/status").read()
assert "CapEff:\\t0000000000000000" in status and "NoNewPrivs:\\t1" in status, status
try:
    open("/app/written", "w")
except OSError as error:
    print(error.errno)
"""
    assert running.run(service, "python", "-c", program).strip() in {"30", "13"}


@pytest.mark.parametrize("service", ["graphql", "rest"])
def test_metrics_are_on_the_admin_port(running: Stack, service: str) -> None:
    port = {"graphql": 8081, "rest": 8082}[service]
    program = (
        f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{port}/metrics', timeout=5).read().decode())"
    )
    assert "\n# TYPE " in "\n" + running.run(service, "python", "-c", program)


def test_rates_are_counted_in_redis(running: Stack) -> None:
    """What one service counts the other one knows (docs/limits.md)."""
    rates = (
        "import asyncio, sys; from gemel.limits import Limits, Rates;"
        "found = asyncio.run(Rates(sys.argv[1]).hit(Limits(rate='2/hour').rates, ('customer', sys.argv[2])));"
        "print(found is None)"
    )
    password = running.values["REDIS_PASSWORD"]
    address, caller = f"redis://:{password}@redis:6379/1", uuid4().hex
    asked = [running.run(service, "python", "-c", rates, address, caller) for service in ("rest", "graphql", "rest")]
    assert [answer.strip() for answer in asked] == ["True", "True", "False"]


def test_callers_are_told_apart_behind_the_gateway(running: Stack) -> None:
    assert "172.16.0.0/12" in running.run("rest", "sh", "-c", "echo $GEMEL_TRUSTED_PROXIES")


def test_logs_hold_no_secret(running: Stack) -> None:
    logs = running.compose("logs", "--no-color")
    assert "gemel" in logs
    for key in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "GEMEL_ADMIN_SECRET"):
        assert running.values[key] not in logs, key
