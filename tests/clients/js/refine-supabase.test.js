import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { dataProvider } from "@refinedev/supabase";
import { fresh, rest, token } from "./served.js";

const realtime = { transport: class {} }; // see supabase-js.test.js
const db = dataProvider(
  createClient(rest.replace(/\/rest\/v1$/, ""), token, { auth: { persistSession: false }, realtime }),
);

test("errors", async () => {
  await assert.rejects(db.getList({ resource: "artists" }), { code: "PGRST205" });
  await assert.rejects(db.getOne({ resource: "artist", id: "x" }), { code: "22P02" });
  assert.equal((await db.getOne({ resource: "artist", id: 0 })).data, undefined); // it takes the first of a list
  await assert.rejects(db.deleteOne({ resource: "artist", id: 1 }), { code: "23503" });
  await assert.rejects(db.create({ resource: "genre", variables: { id: 1, name: "x" } }), { code: "23505" });
});

test("lists, pages and totals", async () => {
  const page = await db.getList({
    resource: "artist",
    pagination: { currentPage: 3, pageSize: 10 },
    sorters: [{ field: "name", order: "asc" }],
  });
  assert.deepEqual([page.data.length, page.total], [10, 275]);
  const sorted = await db.getList({
    resource: "artist",
    filters: [{ field: "id", operator: "eq", value: 1 }],
    sorters: [{ field: "album.title", order: "desc" }],
  });
  assert.deepEqual(sorted.data[0].album.map((album) => album.title), [
    "Let There Be Rock", "For Those About To Rock We Salute You",
  ]);
});

test("filters", async () => {
  for (const [filter, total] of [
    [{ field: "name", operator: "contains", value: "BALLS" }, 1],
    [{ field: "name", operator: "startswith", value: "balls to" }, 1],
    [{ field: "composer", operator: "null", value: null }, 978],
    [{ field: "composer", operator: "nnull", value: null }, 2525],
    [{ field: "id", operator: "in", value: [1, 2, 3] }, 3],
    [{ field: "genre_id", operator: "ne", value: 1 }, 2206],
    [{ field: "id", operator: "lte", value: 5 }, 5],
    [{ operator: "or", value: [
      { field: "id", operator: "eq", value: 1 },
      { field: "name", operator: "contains", value: "Fast As" },
    ] }, 2],
  ]) {
    const found = await db.getList({ resource: "track", filters: [filter], pagination: { pageSize: 1 } });
    assert.equal(found.total, total, JSON.stringify(filter));
  }
});

test("one, many, create, update and delete", async () => {
  const resource = "artist";
  assert.equal((await db.getOne({ resource, id: 1 })).data.name, "AC/DC");
  assert.equal((await db.getMany({ resource, ids: [1, 2] })).data.length, 2);
  const name = fresh("refine");
  const { data: made } = await db.create({ resource, variables: { name } });
  assert.equal(made.name, name);
  const changed = await db.update({ resource, id: made.id, variables: { name: `${name}!` } });
  assert.equal(changed.data.name, `${name}!`);
  await db.deleteOne({ resource, id: made.id }); // it asks for no rows
  assert.equal((await db.getOne({ resource, id: made.id })).data, undefined);
});
