// Who signs in is known by a token. It is in memory, and in the tab's own storage if they say so.
// No cookie has it, so no other site can have it sent.
const kept = "taurus-token";
let token = "";
let round = 0; // Another after each sign-in and sign-out: what was asked before that is somebody else's.
let asking = new AbortController();

function remembered() {
  try { return sessionStorage.getItem(kept) || ""; } catch (e) { return ""; }
}
function remember(value) {
  try { if (value) sessionStorage.setItem(kept, value); else sessionStorage.removeItem(kept); } catch (e) { /* Then it is in memory alone. */ }
}
function become(value) {
  token = value;
  round++;
  asking.abort();
  asking = new AbortController();
}

async function send(path, options = {}, as = token) {
  const began = round, headers = {Accept: "application/json", ...options.headers};
  if (as) headers.Authorization = "Bearer " + as;
  const answer = await fetch(path, {signal: asking.signal, cache: "no-store", redirect: "error", ...options, headers});
  if (began !== round) throw Object.assign(new Error("somebody else asked"), {stale: true});
  if (answer.ok) return answer;
  const p = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(p.detail || p.title || answer.statusText), {status: answer.status, right: p.right, job: p.job});
}
const read = async path => (await send(path)).json();
const writing = body => ({method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});

// What a refusal lacks, in a few words.
const lacks = e => e.right ? "It takes the right " + e.right + (e.job ? " on " + e.job : "") + ", which you do not have." : e.message;
// Why nobody knows who asks; what the API says of headers is not for people with a form.
const unknownFor = e => e.message.replace(/^token: t/, "T").replace(/[.] Sign in: .*$/s, ".");
function notice(text) {
  $("notice").hidden = !text;
  $("notice").textContent = seen(text);
}

// me shows who asks.
function me(who) {
  const known = who && who.by !== "anonymous";
  $("me").textContent = known ? seen(who.name) : "not signed in";
  $("me").title = who && who.roles && who.roles.length ? "roles: " + seen(who.roles.join(", ")) : "";
  $("sign").textContent = token ? "Sign out" : "Sign in";
}
async function whoAmI(as = token) {
  return (await send("/v2/whoami", {}, as)).json();
}

// The form is opened by itself once, where nothing can be seen without; then whoever closes it is left alone.
let offered = false;
function offer(why) {
  $("why-sign-in").textContent = seen(why);
  if (!$("sign-in").open) $("sign-in").showModal();
  $("token").focus();
}
// unknown is what follows a 401: nobody, or nobody any more.
function unknown(e) {
  const was = token;
  if (was) { remember(""); become(""); }
  clear();
  me(null);
  tell("no events", "idle");
  $("main").hidden = true;
  notice("Sign in to see what runs here.");
  if (was || !offered) { offered = true; offer(was ? "You are signed out. " + unknownFor(e) : ""); }
}
async function signIn(value, keep) {
  const who = await whoAmI(value);
  remember(keep ? value : "");
  become(value);
  me(who);
  for (const form of ["sign-in", "enter"]) $(form).close();
  begin();
}
function signOut() {
  remember("");
  become("");
  clear();
  me(null);
  offered = true; // They know.
  begin();
}
// enter takes the token that a program of the same user has handed over for a code, and asks:
// others, too, could lead here with a code of theirs.
async function enter(code) {
  try {
    const given = (await (await send("/v2/handovers/redeem", writing({code}), "")).json()).token, who = await whoAmI(given);
    $("enter-who").textContent = seen(who.name);
    $("enter-roles").textContent = seen(who.roles.join(", "));
    $("enter-form").onsubmit = async ev => {
      ev.preventDefault();
      try { await signIn(given, $("enter-remember").checked); } catch (e) { if (!e.stale) $("why-not-entered").textContent = seen(unknownFor(e)); }
    };
    $("enter").showModal();
  } catch (e) { offer(unknownFor(e)); }
}

$("sign").onclick = () => { if (token) signOut(); else offer(""); };
$("leave-enter").onclick = () => $("enter").close();
$("leave-sign-in").onclick = () => $("sign-in").close();
$("sign-in").addEventListener("close", () => { $("token").value = ""; });
$("sign-in-form").onsubmit = async ev => {
  ev.preventDefault();
  const value = $("token").value.trim();
  $("why-sign-in").textContent = "";
  try { await signIn(value, $("remember").checked); } catch (e) {
    if (e.stale) return;
    $("why-sign-in").textContent = seen(unknownFor(e));
    $("token").select();
  }
};
