import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { fresh, graphql, headers } from "./served.js";

const client = createClient({
  url: graphql.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: { headers },
  retryAttempts: 0,
});
after(() => client.dispose());

const one = async (query, variables) => {
  for await (const answer of client.iterate({ query, variables })) return answer;
};

const change = async (query, variables) => {
  const sent = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify({ query, variables }) };
  const { data, errors } = await (await fetch(graphql, sent)).json();
  assert.equal(errors, undefined);
  return data;
};

test("queries and mutations", async () => {
  const { data } = await one("query ($id: Int!) { artist_by_pk(id: $id) { name } }", { id: 1 });
  assert.deepEqual(data, { artist_by_pk: { name: "AC/DC" } });
  const name = fresh("websocket");
  const made = await one("mutation ($name: String!) { insert_artist_one(object: {name: $name}) { id name } }", { name });
  assert.equal(made.data.insert_artist_one.name, name);
  await change("mutation ($id: Int!) { delete_artist_by_pk(id: $id) { id } }", { id: made.data.insert_artist_one.id });
});

test("a live query follows what others write, until nobody listens", async () => {
  const name = fresh("live");
  const seen = [];
  const answers = client.iterate({
    query: "subscription ($name: String!) { artist(where: {name: {_eq: $name}}) { name } }",
    variables: { name },
  });
  for await (const { data } of answers) {
    seen.push(data.artist.length);
    if (seen.length === 1) {
      await change("mutation ($name: String!) { insert_artist_one(object: {name: $name}) { id } }", { name });
    } else if (seen.length === 2) {
      await change("mutation ($name: String!) { delete_artist(where: {name: {_eq: $name}}) { affected_rows } }", { name });
    } else break;
  }
  assert.deepEqual(seen, [0, 1, 0]);
});

test("errors end an operation, and not the connection", async () => {
  for (const query of ["{ artists { id } }", "subscription { artists { id } }", "subscription {"]) {
    await assert.rejects(one(query), (errors) => errors[0].extensions.code === "validation-failed");
  }
  const { data } = await one("{ genre_by_pk(id: 1) { name } }");
  assert.deepEqual(data, { genre_by_pk: { name: "Rock" } });
});

test("who is not known may not connect", async () => {
  const sent = { method: "POST", headers: { "content-type": "application/json" }, body: '{"query": "{ __typename }"}' };
  const everybody = "data" in (await (await fetch(graphql, sent)).json()); // main.py without a secret
  const stranger = createClient({
    url: graphql.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { headers: { Authorization: "Bearer x.y.z" } },
    retryAttempts: 0,
  });
  const asked = stranger.iterate({ query: "{ genre_by_pk(id: 1) { name } }" }).next();
  if (everybody) assert.equal((await asked).value.data.genre_by_pk.name, "Rock");
  else await assert.rejects(asked, (closed) => closed.code === 4403);
  await stranger.dispose();
});
