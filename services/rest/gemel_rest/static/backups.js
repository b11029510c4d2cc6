"use strict";
// What the page shows is loaded once, as the admin role, and stays in this tab.
const SVG = "http://www.w3.org/2000/svg";
const DAY = 86400000;
const at = (id) => document.getElementById(id);

function make(tag, attributes, ...children) {
  const made = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

const time = (text) => (text ? text.slice(0, 19).replace("T", " ") : "–");

function span(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

function size(bytes) {
  if (bytes === null) return "–";
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit += 1; }
  return `${unit ? bytes.toFixed(1) : bytes} ${units[unit]}`;
}

function facts(found, now) {
  const proven = found.backups.filter((each) => each.status === "proven");
  const newest = proven.find((each) => !each.kind);
  const first = proven.findLast((each) => each.kind === "base");
  const failed = found.backups.filter((each) => each.status === "failed").length;
  const missed = found.slots.filter((each) => ["backup", "base"].includes(each.kind) && each.status === "missed").length;
  const card = (what, value, kind) => make("div", { class: kind || "" }, make("span", { class: "faint" }, what), make("b", {}, value));
  at("facts").replaceChildren(
    card("newest proven backup", newest ? `${span(now - Date.parse(newest.started_at))} old` : "none", newest ? "good" : "bad"),
    card("its size", newest ? size(newest.bytes) : "–"),
    card("proven", String(proven.length)),
    card("failed", String(failed), failed ? "bad" : ""),
    card("missed", String(missed), missed ? "bad" : ""),
    ...(first ? [card("any time since (UTC)", time(first.finished_at), "good")] : []),
    card("schedule (UTC)", (found.slots.find((each) => each.kind === "backup" && each.schedule) || { schedule: "–" }).schedule),
  );
}

function line(found, now) {
  const width = Math.max(600, at("line").clientWidth), height = 150, left = 12, right = width - 40;
  const times = [...found.backups.map((each) => Date.parse(each.started_at)), ...found.slots.map((each) => Date.parse(each.due_at))];
  const first = Math.max(Math.min(now - DAY, ...times), now - 90 * DAY);
  const x = (moment) => left + ((moment - first) / (now - first)) * (right - left);
  const parts = [];
  const days = (now - first) / DAY;
  const step = DAY * Math.max(1, Math.ceil(days / 10));
  for (let day = Math.ceil(first / DAY) * DAY; day <= now; day += step) {
    parts.push(make("svg:line", { class: "axis", x1: x(day), x2: x(day), y1: 8, y2: 124 }));
    parts.push(make("svg:text", { x: x(day) + 3, y: 140 }, new Date(day).toISOString().slice(5, 10)));
  }
  const most = Math.max(1, ...found.backups.map((each) => each.bytes || 0));
  for (const each of found.backups) {
    const start = Date.parse(each.started_at);
    if (start < first) continue;
    const end = each.finished_at ? Date.parse(each.finished_at) : now;
    const tall = 14 + 46 * Math.sqrt((each.bytes || 0) / most);
    const title = make("svg:title", {}, `${each.id}: ${each.kind ? "base backup, " : ""}${each.status}${each.error ? `: ${each.error}` : ""}`);
    parts.push(make("svg:rect", { class: each.status, x: x(start), y: 84 - tall, width: Math.max(5, x(end) - x(start)), height: tall, rx: 2 }, title));
    if (each.proven_at) parts.push(make("svg:circle", { class: "proven", cx: x(Date.parse(each.proven_at)) + 2, cy: 94, r: 3.5 }, make("svg:title", {}, `proven ${time(each.proven_at)}`)));
  }
  for (const each of found.slots) {
    const due = Date.parse(each.due_at);
    if (due < first || !["backup", "base"].includes(each.kind) || each.status === "done") continue;
    parts.push(make("svg:rect", { class: each.status, x: x(due), y: 106, width: 4, height: 12 }, make("svg:title", {}, `due ${time(each.due_at)}: ${each.status}${each.error ? `: ${each.error}` : ""}`)));
  }
  parts.push(make("svg:line", { class: "axis", x1: left, x2: right, y1: 124, y2: 124 }));
  at("line").replaceChildren(make("svg:svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "Backups and proofs over time" }, ...parts));
  const legend = { proven: "proven; the dot is the proof", taken: "taken, not proven yet", failed: "failed, or missed (lower row)", yielded: "gave way", deleted: "let go" };
  at("legend").replaceChildren(...Object.entries(legend).map(([kind, text]) => make("span", {}, make("i", { class: kind }), text)));
}

function row(each) {
  const proof = each.proof ? JSON.parse(each.proof) : null;
  const took = each.finished_at ? span(Date.parse(each.finished_at) - Date.parse(each.started_at)) : "–";
  const looked = make("td", {});
  if (each.error) looked.append(make("div", { class: "error" }, each.error));
  if (proof && !each.error) {
    const checks = Object.entries(proof.checks);
    looked.append(checks.filter(([, result]) => result === "ok").map(([name]) => name).join(", "));
    for (const [name, result] of checks) if (result !== "ok") looked.append(make("div", { class: "faint" }, `${name}: ${result}`));
    looked.append(make("div", { class: "faint" }, `in ${span(proof.seconds * 1000)}`));
  }
  return make("tr", {},
    make("td", {}, make("code", {}, each.id), each.kind === "base" ? make("div", { class: "faint" }, "base backup") : null),
    make("td", {}, make("span", { class: `status ${each.status}` }, each.status)),
    make("td", {}, time(each.started_at)), make("td", { class: "number" }, took),
    make("td", {}, time(each.proven_at)), make("td", { class: "number" }, size(each.bytes)),
    make("td", {}, each.revision || "–"), looked);
}

function show(found) {
  const now = Date.parse(found.now);
  at("login").hidden = true;
  at("content").hidden = false;
  at("when").textContent = `as of ${time(found.now)} UTC`;
  facts(found, now);
  line(found, now);
  at("rows").replaceChildren(...found.backups.map(row));
  if (!found.backups.length) at("rows").append(make("tr", {}, make("td", { colspan: 8, class: "faint" }, "There are no backups yet.")));
}

async function load(secret) {
  const answer = await fetch("/backups/data", { headers: secret ? { "x-hasura-admin-secret": secret } : {} });
  if (answer.ok) {
    if (secret) sessionStorage.setItem("gemel-admin-secret", secret);
    show(await answer.json());
    return;
  }
  sessionStorage.removeItem("gemel-admin-secret");
  at("login").hidden = false;
  if (secret) at("refused").textContent = (await answer.json().catch(() => ({}))).message || `refused (${answer.status})`;
}

at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  load(at("secret").value);
});
load(sessionStorage.getItem("gemel-admin-secret"));
