"""postgrest, a client of REST for Python, over a port (docs/dialects/rest.md, section 24)."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from postgrest import CountMethod, ReturnMethod, SyncPostgrestClient
from postgrest.exceptions import APIError

from clients.served import Served


@pytest.fixture
def client(served: Served) -> Iterator[SyncPostgrestClient]:
    """The client."""
    headers = {"Authorization": f"Bearer {served.token}"}
    with httpx.Client(base_url=served.rest, timeout=30, headers=headers) as session:
        yield SyncPostgrestClient(served.rest, http_client=session)


def test_errors(client: SyncPostgrestClient) -> None:
    """R24-2, R21-1, R21-36"""
    for builder, code in (
        (client.table("artists").select("*"), "PGRST205"),
        (client.table("artist").select("nam"), "42703"),
        (client.table("artist").select("*").single(), "PGRST116"),
        (client.table("artist").select("*").eq("id", "x"), "22P02"),
        (client.schema("sales").table("artist").select("*"), "PGRST106"),
    ):
        with pytest.raises(APIError) as error:
            builder.execute()
        assert error.value.code == code
    with pytest.raises(APIError) as error:
        client.rpc("nope", {}).execute()
    assert error.value.code == "PGRST202"


def test_reads(client: SyncPostgrestClient) -> None:
    """R24-2, R11-5"""
    artists = client.table("artist")
    page = artists.select("id, name", count=CountMethod.exact).order("name").range(10, 12).execute()
    assert (page.count, len(page.data)) == (275, 3)
    assert client.table("artist").select("*", count=CountMethod.exact, head=True).execute().count == 275
    one = client.table("artist").select("name, album(title)").eq("id", 1).single().execute()
    assert one.data["name"] == "AC/DC"
    assert len(one.data["album"]) == 2
    none = client.table("artist").select("*").eq("id", 0).maybe_single().execute()
    assert none is None
    nested = (
        client.table("artist")
        .select("name, album!inner(title)")
        .ilike("album.title", "%rock%")
        .order("title", foreign_table="album")
        .limit(1, foreign_table="album")
        .execute()
    )
    assert all(len(row["album"]) == 1 for row in nested.data)
    text = client.table("genre").select("id, name").eq("id", 1).csv().execute()
    assert text.data == "id,name\n1,Rock"


def test_filters(client: SyncPostgrestClient) -> None:
    """R24-2, R5-6"""

    def count(builder: object) -> int | None:
        return builder.execute().count  # type: ignore[attr-defined, no-any-return]

    def tracks():  # type: ignore[no-untyped-def]
        return client.table("track").select("id", count=CountMethod.exact)

    assert count(tracks().eq("unit_price", 0.99)) == 3290
    assert count(tracks().is_("composer", "null")) == 978
    assert count(tracks().not_.is_("composer", "null")) == 2525
    assert count(tracks().in_("id", [1, 2, 3])) == 3
    assert count(tracks().gt("id", 3500).lte("id", 3503)) == 3
    assert count(tracks().or_("id.eq.1,and(id.gt.1,id.lt.4)")) == 3
    assert count(client.table("artist").select("id", count=CountMethod.exact).in_("name", ["AC/DC", "a,b(c)"])) == 1
    assert count(tracks().like("name", "Balls%")) == count(tracks().ilike("name", "balls%"))
    assert count(tracks().neq("genre_id", 1)) == 3503 - 1297
    assert count(tracks().match({"album_id": 1, "genre_id": 1})) == 10


def test_writes(client: SyncPostgrestClient) -> None:
    """R24-2, R15-2"""
    with pytest.raises(APIError) as error:
        client.table("artist").delete().eq("id", 1).execute()
    assert error.value.code == "23503"
    name = f"postgrest {uuid4()}"
    made = client.table("artist").insert({"name": name}).execute()
    key = made.data[0]["id"]
    both = client.table("artist").insert([{"name": name}, {"name": name}], count=CountMethod.exact).execute()
    assert (both.count, [row["name"] for row in both.data]) == (2, [name, name])
    silent = client.table("artist").insert({"name": name}, returning=ReturnMethod.minimal).execute()
    assert silent.data == []
    changed = client.table("artist").update({"name": f"{name}!"}).eq("id", key).execute()
    assert changed.data == [{"id": key, "name": f"{name}!"}]
    gone = client.table("artist").delete(count=CountMethod.exact).like("name", f"{name}%").execute()
    assert (gone.count, len(gone.data)) == (4, 4)
