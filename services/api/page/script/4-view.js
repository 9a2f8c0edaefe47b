let chosen = named(), listed = {}, timer = 0, busy = false, again = false;

// The job that the address names. An id has its = encoded.
function named() {
  try { return location.hash.includes("=") ? "" : decodeURIComponent(location.hash.slice(1)); } catch (e) { return ""; }
}
// What may be read, or why not.
async function allowed(path) {
  try { return await read(path); } catch (e) {
    if (e.status !== 403) throw e;
    return {lacks: lacks(e)};
  }
}
// clear forgets what somebody saw who is signed out.
function clear() {
  for (const id of ["jobs", "tasks", "why", "events", "detail-title"]) $(id).replaceChildren();
  for (const id of ["detail", "more-jobs", "more-tasks", "no-jobs"]) $(id).hidden = true;
  $("cluster").textContent = "";
  chosen = named();
  listed = {};
}
function more(id, text) {
  $(id).hidden = !text;
  $(id).textContent = seen(text);
}
// What a job is at, and how the rollout of it stands unless that is as it should be.
function version(j) {
  const cell = el("span", j.wanted_version || j.version || "");
  if (j.rollout && !["succeeded", "superseded"].includes(j.rollout.status)) {
    cell.append(" ", el("span", j.rollout.status.replace("_", " "), tones[j.rollout.status]));
    if (j.rollout.reason) cell.title = seen(j.rollout.reason);
  }
  return cell;
}
const tally = n => n.running + " of " + n.wanted +
  ["finished", "ending", "unreachable", "unhealthy", "unchecked", "crash_looping"].filter(k => n[k]).map(k => ", " + n[k] + " " + k.replace("_", " ")).join("");
const work = j => j.series ? (j.series.live ? j.series.live + " going on" : j.series.next ? "next " + new Date(j.series.next).toLocaleString([], {hour12: false}) : "") : tally(j.tasks);
async function jobs() {
  const answer = await read("/v2/jobs?limit=" + page), list = answer.jobs;
  $("main").hidden = false;
  if (!chosen && list.length) chosen = list[0].id;
  $("no-jobs").hidden = list.length > 0;
  more("more-jobs", answer.next ? "The first " + list.length + " jobs; `taurus job` lists all." : "");
  const focused = document.activeElement.className === "id" ? document.activeElement.textContent : undefined;
  listed = Object.fromEntries(list.map(j => [j.id, j.state]));
  $("jobs").replaceChildren(...list.map(j => {
    const id = el("button", j.id, "id");
    const tr = row(id, state(j.state), version(j), work(j), j.tasks.waiting || "", ago(j.changed_at));
    tr.className = "job" + (j.id === chosen ? " chosen" : "");
    if (j.id === chosen) id.setAttribute("aria-current", "true");
    if (j.detail) tr.title = seen(j.detail);
    tr.onclick = () => { chosen = j.id; location.hash = encodeURIComponent(j.id); soon(); };
    return tr;
  }));
  // The row is a new one; whoever uses the keyboard was on the old one.
  if (focused !== undefined) [...document.querySelectorAll("button.id")].find(b => b.textContent === focused)?.focus();
}
async function detail() {
  $("detail").hidden = !chosen;
  if (!chosen) return;
  const base = "/v2/jobs/" + encodeURIComponent(chosen);
  try {
    const [why, list, rollout] = await Promise.all([allowed(base + "/explain"), allowed(base + "/tasks?limit=" + page), allowed(base + "/rollout")]);
    if (why.lacks) Object.assign(why, {state: listed[chosen] || "", reasons: [], summary: why.lacks});
    list.tasks ||= [];
    $("stop").hidden = ["", "stopping", "stopped", "completed", "failed"].includes(why.state);
    more("more-tasks", list.next !== undefined ? "The first " + list.tasks.length + " tasks; `taurus ps " + chosen + "` lists all." : "");
    $("detail-title").replaceChildren(el("span", chosen, "name"), ...(why.state ? [state(why.state)] : []));
    const reasons = why.reasons.length ? why.reasons.map(r => plain(r.message) + (r.until ? " (until " + clock(r.until) + ")" : "")) : [why.summary];
    $("why").replaceChildren(...reasons.map(text => el("li", text)));
    if (rollout.rollout) {
      const line = el("li", "rollout of version " + rollout.rollout.version + " ");
      line.append(state(rollout.rollout.status), " " + seen(plain(rollout.detail)));
      $("why").append(line);
    }
    $("tasks").replaceChildren(...list.tasks.flatMap(t => {
      const ports = (t.ports || []).map(p => p.host + (p.name ? " " + p.name : "")).join(", ");
      const f = t.last_failure;
      const tr = row(t.group + " " + t.slot, state(t.unreachable ? "UNREACHABLE" : t.state), t.version, t.attempt,
        [t.host, ports].filter(Boolean).join(":"), ago(t.since));
      if (t.crash_loop) tr.children[1].append(el("span", " crash looping", "bad"));
      if (t.unchecked) tr.children[1].append(el("span", " not checked yet", "dim"));
      if (t.healthy !== undefined) tr.children[1].append(el("span", t.healthy ? " healthy" : " unhealthy", t.healthy ? "dim" : "bad"));
      const notes = [];
      if (t.live && t.doom) notes.push([ending(t.doom), t.doom.blocked ? "bad" : "dim"]);
      if (f) notes.push(["attempt " + f.attempt + " " + (f.summary || f.state + exit(f)), "dim"]);
      const rows = [tr, ...notes.map(([text, tone]) => {
        const note = row(text);
        note.firstChild.colSpan = 6;
        note.firstChild.className = "wide failure " + tone;
        return note;
      })];
      for (const above of rows.slice(0, -1)) above.className = "follows";
      return rows;
    }));
  } catch (e) {
    if (e.status !== 404) throw e;
    chosen = "";
    $("detail").hidden = true;
  }
}
async function cluster() {
  const c = await read("/v2/cluster"), s = c.launcher.subscription;
  $("cluster").textContent = "sequence " + c.sequence + " · " +
    (s ? (s.open ? "subscribed to " : "lost ") + s.master : "no launcher subscribed") +
    Object.entries(c.tasks).map(([k, n]) => " · " + n + " " + k.toLowerCase()).join("") + (c.blocked ? " · " + c.blocked + " not ending when told to" : "");
}
function stop() {
  $("stop-what").textContent = seen(chosen);
  $("why-not-stopped").textContent = "";
  $("stopping").showModal();
}
$("stop").onclick = stop;
$("leave-stopping").onclick = () => $("stopping").close();
$("stopping-form").onsubmit = async ev => {
  ev.preventDefault();
  try {
    await send("/v2/jobs/" + encodeURIComponent(chosen) + "/stop", writing({}));
    $("stopping").close();
    soon();
  } catch (e) {
    if (e.stale) return;
    $("why-not-stopped").textContent = seen(lacks(e));
  }
};
async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  const began = round;
  try { await jobs(); await detail(); await cluster(); } catch (e) { failed(e, began); }
  busy = false;
  if (again) { again = false; soon(); }
}
// failed goes on, unless there is no use.
function failed(e, began) {
  if (began !== round) return; // Somebody else began.
  switch (e.status) {
  case 401: unknown(e); return;
  case 403: clear(); notice(lacks(e)); return;
  }
  setTimeout(soon, 2000);
}
function soon() { clearTimeout(timer); timer = setTimeout(refresh, 150); }
