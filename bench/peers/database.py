"""The database alone: the same rows as finished JSON, asked by asyncpg with prepared statements, without any HTTP."""

import asyncio
import time
from collections.abc import Callable
from itertools import cycle

import asyncpg

from bench.load import Load

STATEMENTS = {
    "W1": "SELECT json_build_object('id', t.id, 'name', t.name, 'milliseconds', t.milliseconds, 'album',"
    " CASE WHEN a.id IS NOT NULL THEN json_build_object('id', a.id, 'title', a.title, 'artist',"
    " json_build_object('id', r.id, 'name', r.name)) END)::text"
    " FROM track t LEFT JOIN album a ON a.id = t.album_id LEFT JOIN artist r ON r.id = a.artist_id WHERE t.id = $1",
    "W2": "SELECT json_agg(row_to_json(x))::text FROM (SELECT id, name, composer, milliseconds, bytes, unit_price"
    " FROM track WHERE genre_id = $1 ORDER BY name, id LIMIT 50) x",
    "W3": "SELECT json_agg(row_to_json(x))::text FROM (SELECT r.id, r.name, (SELECT coalesce(json_agg(row_to_json(y)),"
    " '[]') FROM (SELECT a.id, a.title, (SELECT coalesce(json_agg(row_to_json(z)), '[]') FROM (SELECT t.id, t.name,"
    " t.milliseconds FROM track t WHERE t.album_id = a.id ORDER BY t.id) z) AS tracks FROM album a WHERE"
    " a.artist_id = r.id ORDER BY a.id) y) AS albums FROM (SELECT * FROM artist ORDER BY id LIMIT 20 OFFSET $1) r) x",
    "W4": "SELECT json_agg(row_to_json(x))::text FROM (SELECT id, name, album_id, genre_id, composer, milliseconds,"
    " bytes, unit_price FROM track WHERE id >= $1 ORDER BY id LIMIT 1000) x",
    "W5": "SELECT json_agg(row_to_json(x))::text FROM (SELECT id, first_name, last_name, (SELECT count(*)"
    " FROM invoice i WHERE i.customer_id = c.id) AS invoices FROM customer c ORDER BY id LIMIT 10 OFFSET $1) x",
    "W7": "WITH made AS (INSERT INTO playlist (name) SELECT x.value->>'name' FROM json_array_elements($1::json)"
    " x(value) RETURNING name) SELECT json_agg(row_to_json(made))::text FROM made",
    "W8": "WITH given AS (SELECT $1::json AS g), made AS (INSERT INTO invoice (customer_id, invoice_date, total)"
    " SELECT (g->>'customer_id')::int, (g->>'invoice_date')::timestamp, (g->>'total')::numeric FROM given"
    " RETURNING id, customer_id, total),"
    " lines AS (INSERT INTO invoice_line (invoice_id, track_id, unit_price, quantity)"
    " SELECT made.id, (x->>'track_id')::int, (x->>'unit_price')::numeric, (x->>'quantity')::int FROM made, given,"
    " json_array_elements(g->'lines'->'data') x RETURNING track_id, quantity) SELECT json_build_object('customer_id',"
    " customer_id, 'total', total, 'lines', (SELECT json_agg(row_to_json(lines)) FROM lines))::text FROM made",
    "W6": "INSERT INTO playlist (name) VALUES ($1) RETURNING json_build_object('name', name)::text",
}


async def run(address: str, name: str, value: Callable[[int], object], connections: int, seconds: float) -> Load:
    """As :func:`bench.load.run`."""
    pool = [await asyncpg.connect(address) for _ in range(connections)]
    statements = [await connection.prepare(STATEMENTS[name]) for connection in pool]
    values = [value(number) for number in range(64)]
    began = time.perf_counter()
    latencies: list[float] = []

    async def loop(number: int) -> None:
        for item in cycle([*values[number:], *values[:number]]):
            start = time.perf_counter()
            if start >= began + seconds:
                return
            await statements[number].fetchval(item)
            latencies.append(time.perf_counter() - start)

    await asyncio.gather(*(loop(number) for number in range(connections)))
    took = time.perf_counter() - began
    for connection in pool:
        await connection.close()
    return Load(len(latencies) / took, tuple(sorted(latencies)), 0)
