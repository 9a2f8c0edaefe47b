const past = 50; // How many past events to begin with.
function show(e, story) {
  const cell = el("span");
  cell.append(el("span", (e.job || "taurus") + " ", "mono"), seen(story(e.data, e)));
  const tr = row(el("span", e.sequence, "mono dim"), clock(e.time), cell);
  tr.lastChild.className = "wide";
  tr.title = seen(JSON.stringify(e.data, null, 1));
  $("events").prepend(tr);
  while ($("events").children.length > keep) $("events").lastChild.remove();
  soon();
}
function tell(text, tone) {
  if ($("live").textContent !== text) $("live").textContent = text; // Or it would be read out again.
  $("live").className = "state " + tone;
}
// pieces are the events of a stream (HTML, 9.2), as far as taurus writes them. EventSource
// would do, but cannot send who asks.
async function pieces(body, take) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", piece = {};
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") { take(piece); piece = {}; continue; }
      const at = line.indexOf(":");
      if (at > 0) piece[line.slice(0, at)] = line.slice(at + 1).replace(/^ /, "");
    }
  }
}
const wait = ms => new Promise(done => setTimeout(done, ms));
// follow shows events as they come, until somebody else asks.
async function follow() {
  const began = round;
  let from = 0, last = "", pause = 1000, lost = "";
  try { from = Math.max(1, (await read("/v2/cluster")).sequence - past); } catch (e) { /* The feed says why. */ }
  while (began === round) {
    const headers = {Accept: "text/event-stream"};
    if (last) headers["Last-Event-ID"] = last;
    lost = "";
    try {
      const answer = await send("/v2/events" + (from && !last ? "?from=" + from : ""), {headers});
      tell("live", "ok");
      soon();
      await pieces(answer.body, p => {
        if (began !== round) return;
        if (p.retry) pause = Number(p.retry);
        if (p.id) last = p.id;
        if (p.event === "problem") {
          const problem = JSON.parse(p.data);
          if (problem.status === 401) unknown(new Error(problem.detail || problem.title)); else lost = problem.title;
        } else if (p.data && stories[p.event]) {
          const e = JSON.parse(p.data);
          show(e, stories[p.event]);
        }
      });
    } catch (e) {
      if (began !== round) return;
      switch (e.status) {
      case 401: unknown(e); return;
      case 403:
        if (e.right !== "history" || !from) { tell("no events", "idle"); notice(lacks(e)); return; }
        from = 0; // What is over is not theirs to see; what comes may be.
        last = "";
        continue;
      case 400: case 410: from = 0; last = ""; $("events").replaceChildren(); break;
      }
    }
    if (began !== round) return;
    tell(lost || "connection lost, retrying", "bad");
    await wait(pause);
  }
}
// begin shows all that whoever asks may see.
function begin() {
  notice("");
  tell("connecting", "idle");
  refresh();
  follow();
}

$("origin").textContent = location.origin;
setInterval(soon, 10000); // Ages go on even when nothing happens.
addEventListener("hashchange", () => { chosen = named(); soon(); });
token = remembered();
me(null);
const handed = /^#code=(\w+)$/.exec(location.hash);
if (handed) {
  history.replaceState(null, "", location.pathname + location.search);
  offered = true; // Something else is.
  enter(handed[1]);
}
whoAmI().then(me, () => {}); // What follows says why not.
begin();
