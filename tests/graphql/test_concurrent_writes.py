"""Many clients that write at the same time: nothing is lost, and nothing is left half done."""

import asyncio
from typing import Any

import pytest
from graphql_client import ADDRESS, GraphQL

ROUNDS = 4
INCREMENT = "mutation ($ids: [Int!]!) { update_track(where: {id: {_in: $ids}}, _inc: {bytes: 1}) { affected_rows } }"
UPSERT = (
    "mutation ($rows: [genre_insert_input!]!) { insert_genre(objects: $rows, on_conflict: {constraint: genre_name_key, "
    "update_columns: [name]}) { affected_rows } }"
)
NESTED = (
    "mutation ($name: String!, $tracks: [track_insert_input!]!) { insert_artist_one(object: {name: $name, albums: "
    '{data: [{title: "one", tracks: {data: $tracks}}, {title: "two"}]}}) { id } }'
)
TRACKS = [{"name": "t", "media_type_id": 1, "milliseconds": 1, "unit_price": 1} for _ in range(10)]


@pytest.mark.parametrize(("clients", "crosswise"), [(32, False), (4, True)])
def test_many_clients(graphql_write: GraphQL, clients: int, crosswise: bool) -> None:
    """Where rows are taken crosswise transactions lock each other out (each time for a second), and are run again."""
    before = graphql_write("{ track(where: {id: {_lte: 4}}, order_by: {id: asc}) { bytes } }")["track"]

    async def send(query: str, **variables: Any) -> None:
        answer = await graphql_write.client.post(f"{ADDRESS}/v1/graphql", json={"query": query, "variables": variables})
        assert "errors" not in answer.json(), answer.text

    async def client(number: int) -> None:
        for turn in range(ROUNDS):
            await send(INCREMENT, ids=[1, 2, 3, 4])
            names = [f"genre {item}" for item in range(5)]
            backwards = number % 2 and crosswise
            await send(UPSERT, rows=[{"name": name} for name in (reversed(names) if backwards else names)])
            await send(NESTED, name=f"artist {number} {turn}", tracks=TRACKS)

    async def all_at_once() -> None:
        await asyncio.gather(*map(client, range(clients)))

    graphql_write.runner.run(all_at_once())
    found = graphql_write(
        "{ track(where: {id: {_lte: 4}}, order_by: {id: asc}) { bytes } "
        'genre(where: {name: {_like: "genre %"}}) { name } '
        'artist_aggregate(where: {name: {_like: "artist %"}}) { aggregate { count } } '
        'album_aggregate(where: {artist: {name: {_like: "artist %"}}}) { aggregate { count } } '
        'orphans: artist_aggregate(where: {name: {_like: "artist %"}, _not: {albums: {}}}) { aggregate { count } } '
        'track_aggregate(where: {album: {artist: {name: {_like: "artist %"}}}}) { aggregate { count } } }'
    )
    times = clients * ROUNDS
    assert [row["bytes"] - old["bytes"] for row, old in zip(found["track"], before, strict=True)] == [times] * 4
    assert sorted(row["name"] for row in found["genre"]) == [f"genre {item}" for item in range(5)]
    names = ("artist_aggregate", "album_aggregate", "track_aggregate", "orphans")
    assert [found[name]["aggregate"]["count"] for name in names] == [times, 2 * times, 10 * times, 0]
