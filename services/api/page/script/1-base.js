"use strict";
const $ = id => document.getElementById(id);
const keep = 200; // Events shown.
const page = 500; // Jobs, and tasks of a job, shown.
const tones = {running: "ok", completed: "ok", pending: "warn", stopping: "warn", ahead: "warn", unhealthy: "warn", crash_looping: "bad", failed: "bad", stopped: "idle", scheduled: "idle", dispatchable: "idle",
  rolling: "warn", paused: "warn", succeeded: "ok", rolled_back: "bad", superseded: "idle", cancelled: "idle",
  RUNNING: "ok", FINISHED: "ok", PENDING: "warn", STAGING: "warn", STARTING: "warn", KILLING: "warn", KILLED: "idle", WITHDRAWN: "idle"};
// What nobody would see of a text, or what turns the text around it, by its number. New names have
// none of these; those of older logs may.
const hidden = /[\p{Cf}\p{Zl}\p{Zp}\p{Variation_Selector}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800]|(?! )\p{Zs}/gu;
const seen = text => typeof text === "string" ? text.replace(hidden, c => "<U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + ">") : text;
// All text comes from users or tasks, so it is only ever set as text.
function el(tag, text, cls) {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = seen(text);
  if (cls) e.className = cls;
  return e;
}
function row(...cells) {
  const tr = el("tr");
  for (const c of cells) {
    const td = el("td");
    if (c instanceof Node) td.append(c); else td.textContent = seen(c) ?? "";
    tr.append(td);
  }
  return tr;
}
const state = word => el("span", word, "state " + (tones[word] || "bad"));
function ago(time) {
  if (!time) return "";
  const s = Math.max(0, Math.round((Date.now() - new Date(time)) / 1000));
  if (s < 60) return s + " s ago";
  if (s < 3600) return Math.floor(s / 60) + " min ago";
  return s < 172800 ? Math.floor(s / 3600) + " h ago" : Math.floor(s / 86400) + " d ago";
}
// Why a task is to end, and that it does not.
const ending = d => "ending" + (d.reason ? ": " + d.reason : "") + (d.blocked ? "; asked " + d.kills + " times, and does not end" : "");
const clock = time => new Date(time).toLocaleTimeString([], {hour12: false});
