import assert from "node:assert/strict";
import { test } from "node:test";
import provider, { GraphQLClient } from "@refinedev/hasura";
import { fresh, graphql, headers } from "./served.js";

const db = provider(new GraphQLClient(graphql, { headers }), { idType: "Int", namingConvention: "graphql-default" });
const meta = { fields: ["id", "unitPrice"] };
const resource = "invoiceLine";

test("names of the other convention", async () => {
  const code = (wanted) => (error) => error.response.errors[0].extensions.code === wanted;
  await assert.rejects(db.getOne({ resource, id: 1, meta: { fields: ["unit_price"] } }), code("validation-failed"));
});

test("lists, pages, filters and totals", async () => {
  const page = await db.getList({
    resource, meta, pagination: { currentPage: 2, pageSize: 3 }, sorters: [{ field: "id", order: "desc" }],
    filters: [{ field: "trackId", operator: "gt", value: 1 }, { field: "trackId", operator: "nnull", value: true }],
  });
  assert.deepEqual([page.data.map((row) => row.id), page.total], [[2237, 2236, 2235], 2239]);
});

test("one, many, create, update and delete", async () => {
  assert.equal((await db.getOne({ resource, id: 1, meta })).data.id, 1);
  assert.equal((await db.getMany({ resource, ids: [1, 2], meta })).data.length, 2);
  const album = { resource: "album", meta: { fields: ["id", "title", "artistId"] } };
  const title = fresh("refine");
  const { data: made } = await db.create({ ...album, variables: { title, artistId: 1 } });
  const { data: more } = await db.createMany({ ...album, variables: [{ title, artistId: 1 }] });
  assert.deepEqual([made.title, made.artistId, more.length], [title, 1, 1]);
  const changed = await db.update({ ...album, id: made.id, variables: { artistId: 2 } });
  assert.equal(changed.data.artistId, 2);
  const ids = [made.id, more[0].id];
  assert.equal((await db.updateMany({ ...album, ids, variables: { artistId: 3 } })).data.length, 2);
  assert.equal((await db.deleteOne({ ...album, id: made.id })).data.id, made.id);
  assert.equal((await db.deleteMany({ ...album, ids: [more[0].id] })).data.length, 1);
});
