"""Who may connect, and when an id is free: real connections to a real port (docs/dialects/graphql.md section 13)."""

import time

import jwt
import pytest
from pydantic import SecretStr

from gemel.app import App
from gemel.auth.issuer import LEEWAY
from gemel.settings import Settings
from live_client import COUNT, MODERN, OLD, START, Client, talk


@pytest.mark.parametrize(("protocol", "code"), [(MODERN, 4403), (OLD, 4400)])
def test_a_foreign_page_is_nobody(chinook_read: Settings, chinook_app: App, protocol: str, code: int) -> None:
    """G13.3-5; a page of another site cannot say that it is another (docs/decisions.md, 17)."""

    async def work(client: Client) -> None:
        await client.tell(type="connection_init", payload={"headers": {"Origin": f"http://127.0.0.1:{client.port}"}})
        if protocol == OLD:
            assert (await client.hear())["type"] == "connection_error"
        assert await client.closed() == code

    talk(chinook_read, chinook_app, protocol, work, origin="http://elsewhere.example")


@pytest.mark.parametrize("protocol", [MODERN, OLD])
def test_an_id_is_free_once_it_is_stopped_or_complete(chinook_read: Settings, chinook_app: App, protocol: str) -> None:
    """G13.3-8, G13.3-11"""

    async def work(client: Client) -> None:
        await client.init()
        await client.start("1", "subscription " + COUNT)
        assert (await client.hear())["type"] == START[protocol][1]
        await client.tell(id="1", type="complete" if protocol == MODERN else "stop")
        for _ in range(3):
            await client.start("1", COUNT)
            assert [(await client.hear())["type"] for _ in range(2)] == [START[protocol][1], "complete"]

    talk(chinook_read, chinook_app, protocol, work)


@pytest.mark.parametrize(("protocol", "code"), [(MODERN, 4403), (OLD, 4400)])
def test_a_connection_ends_with_its_token(chinook_read: Settings, chinook_app: App, protocol: str, code: int) -> None:
    """G13.3-10"""
    key = "k" * 32
    settings = chinook_read.model_copy(update={"jwt_secret_key": SecretStr(key)})
    token = jwt.encode({"role": "admin", "exp": time.time() - LEEWAY + 1.5}, key, "HS256")

    async def work(client: Client) -> None:
        await client.init(Authorization=f"Bearer {token}")
        await client.start("1", f"subscription {COUNT}")
        assert (await client.hear())["type"] == START[protocol][1]
        if protocol == OLD:
            told = await client.hear()
            assert told == {"type": "connection_error", "payload": "Could not verify JWT: JWTExpired"}
        assert await client.closed() == code

    talk(settings, chinook_app, protocol, work)
