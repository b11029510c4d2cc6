import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@supabase/supabase-js";
import { fresh, rest, token } from "./served.js";

// Nothing is subscribed to: the transport only has to be there, for node 20 has none of its own.
const realtime = { transport: class {} };
const db = createClient(rest.replace(/\/rest\/v1$/, ""), token, { auth: { persistSession: false }, realtime });

test("errors", async () => {
  const unknown = await db.from("artists").select();
  assert.deepEqual([unknown.status, unknown.error.code], [404, "PGRST205"]);
  const several = await db.from("artist").select().limit(2).single();
  assert.deepEqual([several.status, several.error.details], [406, "The result contains 2 rows"]);
  const kept = await db.from("artist").delete().eq("id", 1);
  assert.equal(kept.error.code, "23503");
});

test("reads", async () => {
  const page = await db.from("track").select("name, album(title, artist(name))", { count: "exact" })
    .eq("album.artist.name", "AC/DC").ilike("name", "%rock%").order("id").range(0, 4);
  assert.equal(page.error, null);
  assert.equal(page.data.length, 5);
  assert.ok(page.count > 5);
  const one = await db.from("album").select("title, artist(name)").eq("id", 1).single();
  assert.equal(one.data.artist.name, "AC/DC");
  assert.equal((await db.from("album").select("count").single()).data.count, 347);
});

test("create, update and delete", async () => {
  const name = fresh("supabase-js");
  const { data: made } = await db.from("artist").insert({ name }).select().single();
  assert.equal(made.name, name);
  const changed = await db.from("artist").update({ name: `${name}!` }).eq("id", made.id).select();
  assert.deepEqual(changed.data, [{ id: made.id, name: `${name}!` }]);
  const gone = await db.from("artist").delete().eq("id", made.id).select("id");
  assert.deepEqual(gone.data, [{ id: made.id }]);
});
