import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, fetchExchange, gql } from "@urql/core";
import { fresh, graphql, headers } from "./served.js";

const client = new Client({ url: graphql, exchanges: [fetchExchange], fetchOptions: { headers }, preferGetMethod: false });
const ask = async (text, variables = {}) => {
  const { data, error } = await client.query(gql(text), variables).toPromise();
  assert.equal(error, undefined);
  return data;
};

test("errors", async () => {
  for (const [text, variables, code] of [
    ["{ artists { id } }", {}, "validation-failed"],
    ["query ($id: Int!) { artist_by_pk(id: $id) { id } }", { id: "x" }, "data-exception"],
    ["query ($w: artist_bool_exp) { artist(where: $w) { id } }", { w: { name: { _eq: null } } }, "validation-failed"],
  ]) {
    const { data, error } = await client.query(gql(text), variables).toPromise();
    assert.equal(data ?? undefined, undefined);
    assert.deepEqual(error.graphQLErrors.map((one) => one.extensions.code), [code]);
    assert.equal(error.networkError, undefined);
  }
  const { error } = await client.mutation(gql("mutation { delete_artist_by_pk(id: 1) { id } }"), {}).toPromise();
  assert.equal(error.graphQLErrors[0].extensions.code, "constraint-violation");
});

test("lists, pages, totals, one and many", async () => {
  const data = await ask(
    `query ($where: track_bool_exp!, $order: [track_order_by!]) {
       items: track(where: $where, order_by: $order, limit: 3, offset: 3) { __typename id album { artist { name } } }
       total: track_aggregate(where: $where) { aggregate { count } }
       one: artist_by_pk(id: 1) { name albums(order_by: {id: asc}) { title } } }`,
    { where: { album: { artist: { name: { _eq: "AC/DC" } } } }, order: { id: "desc" } },
  );
  assert.equal(data.items.length, 3);
  assert.ok(data.items.every((row) => row.__typename === "track" && row.album.artist.name === "AC/DC"));
  assert.equal(data.total.aggregate.count, 18);
  assert.equal(data.one.albums.length, 2);
  assert.equal((await ask("query ($ids: [Int!]!) { artist(where: {id: {_in: $ids}}) { id } }", { ids: [1, 2] })).artist.length, 2);
});

test("create, update and delete", async () => {
  const change = async (text, variables) => {
    const { data, error } = await client.mutation(gql(text), variables).toPromise();
    assert.equal(error, undefined);
    return data;
  };
  const name = fresh("urql");
  const made = (await change(
    "mutation ($object: artist_insert_input!) { insert_artist_one(object: $object) { id name } }", { object: { name } },
  )).insert_artist_one;
  assert.equal(made.name, name);
  const changed = await change(
    `mutation ($pk: artist_pk_columns_input!, $set: artist_set_input!) {
       update_artist_by_pk(pk_columns: $pk, _set: $set) { name } }`,
    { pk: { id: made.id }, set: { name: `${name}!` } },
  );
  assert.equal(changed.update_artist_by_pk.name, `${name}!`);
  const gone = await change("mutation ($id: Int!) { delete_artist_by_pk(id: $id) { id } }", { id: made.id });
  assert.deepEqual(gone.delete_artist_by_pk.id, made.id);
});
