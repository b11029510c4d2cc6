import assert from "node:assert/strict";
import { test } from "node:test";
import { PostgrestClient } from "@supabase/postgrest-js";
import { fresh, headers, rest } from "./served.js";

const db = new PostgrestClient(rest, { headers });

test("errors have the code, the status and its phrase", async () => {
  for (const [asked, status, code, phrase] of [
    [db.from("artists").select(), 404, "PGRST205", "Not Found"],
    [db.from("artist").select("nam"), 400, "42703", "Bad Request"],
    [db.from("artist").select("name, nope(id)"), 400, "PGRST200", "Bad Request"],
    [db.from("artist").select().eq("id", "x"), 400, "22P02", "Bad Request"],
    [db.from("artist").select().single(), 406, "PGRST116", "Not Acceptable"],
    [db.from("artist").select().eq("id", 0).single(), 406, "PGRST116", "Not Acceptable"],
    [db.schema("sales").from("artist").select(), 406, "PGRST106", "Not Acceptable"],
    [db.from("genre").insert({ id: 1, name: "x" }), 409, "23505", "Conflict"],
    [db.from("artist").delete().eq("id", 1), 409, "23503", "Conflict"],
    [db.from("genre").insert({ nam: "x" }), 400, "PGRST204", "Bad Request"],
    [db.rpc("nope"), 404, "PGRST202", "Not Found"],
  ]) {
    const { error, data, ...answer } = await asked;
    assert.deepEqual([answer.status, error.code, answer.statusText], [status, code, phrase]);
    assert.equal(data, null);
    assert.deepEqual(Object.keys(error).filter((key) => key !== "name").sort(), ["code", "details", "hint", "message"]);
  }
});

test("nobody is told so", async () => {
  const { status, error } = await new PostgrestClient(rest, { headers: { Origin: "https://evil.example" } })
    .from("artist").select();
  assert.equal(status, 401);
  assert.match(error.code, /^PGRST30/);
});

test("lists, pages and totals", async () => {
  const page = await db.from("artist").select("id, name", { count: "exact" }).order("name").range(10, 12);
  assert.deepEqual([page.status, page.count, page.data.length], [206, 275, 3]);
  const head = await db.from("artist").select("*", { count: "exact", head: true });
  assert.deepEqual([head.count, head.data], [275, null]);
  const beyond = await db.from("artist").select("id", { count: "exact" }).range(1000, 1001);
  assert.deepEqual([beyond.status, beyond.error.code], [416, "PGRST103"]);
});

test("one, perhaps one, and many", async () => {
  const one = await db.from("artist").select("name, album(title)").eq("id", 1).single();
  assert.equal(one.data.name, "AC/DC");
  assert.equal(one.data.album.length, 2);
  assert.equal((await db.from("artist").select().eq("id", 0).maybeSingle()).data, null);
  assert.equal((await db.from("artist").select().eq("id", 0).maybeSingle()).error, null);
  const two = await db.from("artist").select("id").in("id", [1, 3, 0]).order("id");
  assert.deepEqual(two.data, [{ id: 1 }, { id: 3 }]);
});

test("filters", async () => {
  const tracks = () => db.from("track").select("id", { count: "exact", head: true });
  for (const [asked, count] of [
    [tracks().eq("unit_price", 0.99), 3290],
    [tracks().neq("genre_id", 1), 2206],
    [tracks().is("composer", null), 978],
    [tracks().not("composer", "is", null), 2525],
    [tracks().gt("id", 3500).lte("id", 3503), 3],
    [tracks().in("id", [1, 2, 3]), 3],
    [tracks().not("id", "in", "(1,2,3)"), 3500],
    [tracks().or("id.eq.1,and(id.gt.1,id.lt.4)"), 3],
    [tracks().match({ album_id: 1, genre_id: 1 }), 10],
    [tracks().filter("name", "ilike", "balls to%"), 1],
    [tracks().likeAnyOf("name", ["Balls%", "Fast As%"]), 2],
    [tracks().ilikeAllOf("name", ["%balls%", "%wall"]), 1],
  ]) {
    const answer = await asked;
    assert.equal(answer.error, null);
    assert.equal(answer.count, count);
  }
  const quoted = await db.from("artist").select("name").in("name", ["AC/DC", "a,b(c)", "Santana Feat. Dave Matthews"]);
  assert.deepEqual(quoted.data.map((row) => row.name).sort(), ["AC/DC", "Santana Feat. Dave Matthews"]);
});

test("embeds with parameters of their own", async () => {
  const nested = await db.from("artist").select("name, album!inner(title)").ilike("album.title", "%rock%")
    .order("title", { referencedTable: "album" }).limit(1, { referencedTable: "album" });
  assert.equal(nested.error, null);
  assert.ok(nested.data.length > 1 && nested.data.every((row) => row.album.length === 1));
  const either = await db.from("artist").select("name, album(title)").eq("id", 1)
    .or("title.eq.Let There Be Rock,title.eq.x", { referencedTable: "album" }).single();
  assert.deepEqual(either.data.album, [{ title: "Let There Be Rock" }]);
});

test("other forms", async () => {
  assert.equal((await db.from("genre").select("id, name").eq("id", 1).csv()).data, "id,name\n1,Rock");
  const bare = await db.from("employee").select("id, reports_to").eq("id", 1).stripNulls();
  assert.deepEqual(bare.data, [{ id: 1 }]);
});

test("create, update and delete", async () => {
  const name = fresh("postgrest-js");
  const silent = await db.from("artist").insert({ name });
  assert.deepEqual([silent.status, silent.statusText, silent.data, silent.error], [201, "Created", null, null]);
  const made = await db.from("artist").insert([{ name }, { name }], { count: "exact" }).select("id, name");
  assert.deepEqual([made.count, made.data.map((row) => row.name)], [2, [name, name]]);
  const { id } = made.data[0];
  const changed = await db.from("artist").update({ name: `${name}!` }).eq("id", id).select().single();
  assert.deepEqual(changed.data, { id, name: `${name}!` });
  const none = await db.from("artist").update({ name }).eq("id", 0).select();
  assert.deepEqual([none.status, none.data], [200, []]);
  const gone = await db.from("artist").delete({ count: "exact" }).like("name", `${name}%`);
  assert.deepEqual([gone.status, gone.count], [204, 3]);
});
