import assert from "node:assert/strict";
import { test } from "node:test";
import provider, { GraphQLClient } from "@refinedev/hasura";
import { fresh, graphql, headers } from "./served.js";

const db = provider(new GraphQLClient(graphql, { headers }), { idType: "Int" });
const meta = { fields: ["id", "name"] };
const resource = "artist";

test("errors", async () => {
  const code = (wanted) => (error) => error.response.errors[0].extensions.code === wanted;
  await assert.rejects(db.getList({ resource: "artists", meta }), code("validation-failed"));
  await assert.rejects(db.getOne({ resource, id: 1, meta: { fields: ["nam"] } }), code("validation-failed"));
  await assert.rejects(db.getOne({ resource, id: "x", meta }), code("data-exception"));
  await assert.rejects(db.deleteOne({ resource, id: 1, meta }), code("constraint-violation"));
});

test("lists, pages and totals", async () => {
  const page = await db.getList({
    resource, meta, pagination: { currentPage: 2, pageSize: 3 }, sorters: [{ field: "id", order: "desc" }],
  });
  assert.deepEqual([page.data.map((row) => row.id), page.total], [[272, 271, 270], 275]);
  const related = await db.getList({
    resource: "album", meta: { fields: ["id", { artist: ["name"] }] }, sorters: [{ field: "artist.name", order: "asc" }],
    filters: [{ field: "artist.name", operator: "eq", value: "AC/DC" }],
  });
  assert.equal(related.total, 2);
});

test("filters", async () => {
  for (const [filter, total] of [
    [{ field: "name", operator: "contains", value: "BALLS" }, 1],
    [{ field: "name", operator: "containss", value: "Balls" }, 1],
    [{ field: "name", operator: "startswith", value: "balls to" }, 1],
    [{ field: "name", operator: "endswith", value: "THE WALL" }, 2],
    [{ field: "name", operator: "startswiths", value: "Balls to" }, 1],
    [{ field: "name", operator: "nstartswith", value: "balls to" }, 3502],
    [{ field: "name", operator: "nendswith", value: "the wall" }, 3501],
    [{ field: "composer", operator: "null", value: true }, 978],
    [{ field: "composer", operator: "nnull", value: true }, 2525],
    [{ field: "id", operator: "in", value: [1, 2, 3] }, 3],
    [{ field: "id", operator: "nin", value: [1, 2, 3] }, 3500],
    [{ field: "genre_id", operator: "ne", value: 1 }, 2206],
    [{ operator: "or", value: [
      { field: "id", operator: "eq", value: 1 },
      { operator: "and", value: [{ field: "id", operator: "gt", value: 1 }, { field: "id", operator: "lt", value: 4 }] },
    ] }, 3],
  ]) {
    const found = await db.getList({
      resource: "track", meta: { fields: ["id"] }, filters: [filter], pagination: { pageSize: 1 },
    });
    assert.equal(found.total, total, JSON.stringify(filter));
  }
});

test("one, many, create, update and delete", async () => {
  assert.equal((await db.getOne({ resource, id: 1, meta })).data.name, "AC/DC");
  assert.equal((await db.getMany({ resource, ids: [1, 2], meta })).data.length, 2);
  const name = fresh("refine");
  const { data: made } = await db.create({ resource, variables: { name }, meta });
  const { data: more } = await db.createMany({ resource, variables: [{ name }, { name }], meta });
  assert.deepEqual([made.name, more.length], [name, 2]);
  const changed = await db.update({ resource, id: made.id, variables: { name: `${name}!` }, meta });
  assert.equal(changed.data.name, `${name}!`);
  const ids = more.map((row) => row.id);
  assert.equal((await db.updateMany({ resource, ids, variables: { name }, meta })).data.length, 2);
  assert.equal((await db.deleteOne({ resource, id: made.id, meta })).data.id, made.id);
  assert.equal((await db.deleteMany({ resource, ids, meta })).data.length, 2);
});
