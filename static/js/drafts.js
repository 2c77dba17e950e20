// Nothing typed is lost. A form with more than three fields keeps what is in it in this browser, encrypted with a key
// of the signed-in user (accounts/drafts.py), and offers it again: after a reload, and of itself when the session ended
// in between. Passwords, files and hidden fields are left out. Needs HTTPS (or localhost), as the browser encrypts.
//   <meta name="draft" content="key" data-owner="…" data-seconds="1800">   on pages of who is signed in
//   <form data-draft="off">                                                keeps none

const meta = document.querySelector("meta[name=draft]");
const PREFIX = "draft:";
const SENT = "draft-sent"; // the draft of the form that is on its way
const INTERRUPTED = "draft-interrupted"; // … and came to a sign-in page instead
const KEEP = 7 * 24 * 3600 * 1000;
const MORE_THAN = 3;
const LEFT_OUT = "[type=hidden], [type=password], [type=file], [type=submit], [type=button], [type=reset], [type=image], [type=search]";
const here = () => location.pathname + location.search;

const fieldsOf = (form) => [...form.elements].filter((one) => one.name && one.matches("input, select, textarea") && !one.matches(LEFT_OUT));

function isLong(form) {
  if (form.getAttribute("method") !== "post" || form.dataset.draft === "off" || !form.closest("main")) return false;
  const fields = fieldsOf(form);
  return fields.some((one) => one.matches("textarea, select, input:not([type=checkbox], [type=radio])")) && new Set(fields.map((one) => one.name)).size > MORE_THAN;
}

const longForms = () => [...document.querySelectorAll("main form")].filter(isLong);
// Attributes, as a field may bear the name action or id.
const nameOf = (form) => `${PREFIX}${meta.dataset.owner}:${here()}#${form.getAttribute("id") ?? new URL(form.getAttribute("action") || "", location.href).pathname}`;

function valuesOf(form) {
  const values = [];
  for (const one of fieldsOf(form)) {
    if (one.matches("[type=checkbox], [type=radio]")) {
      if (one.checked) values.push([one.name, one.value]);
    } else if (one.matches("select[multiple]")) {
      for (const option of one.selectedOptions) values.push([one.name, option.value]);
    } else values.push([one.name, one.value]);
  }
  return values;
}

// The browser's own cryptography; where it is not there (plain HTTP), nothing is kept.

const cipher = globalThis.crypto?.subtle;
let secret;
const key = () => (secret ??= cipher.importKey("raw", new TextEncoder().encode(meta.content), "AES-GCM", false, ["encrypt", "decrypt"]));
const toText = (bytes) => btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""));
const toBytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

async function keep(form) {
  const name = nameOf(form);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(valuesOf(form)));
  const data = new Uint8Array(await cipher.encrypt({ name: "AES-GCM", iv }, await key(), plain));
  try {
    localStorage.setItem(name, JSON.stringify({ at: Date.now(), iv: toText(iv), data: toText(data) }));
  } catch {
    prune(0); // full: older ones give way
  }
}

async function found(form) {
  try {
    const held = JSON.parse(localStorage.getItem(nameOf(form)));
    if (!held) return null;
    const plain = await cipher.decrypt({ name: "AES-GCM", iv: toBytes(held.iv) }, await key(), toBytes(held.data));
    return { at: new Date(held.at), values: JSON.parse(new TextDecoder().decode(plain)) };
  } catch {
    return null;
  }
}

function prune(age = KEEP) {
  for (const name of Object.keys(localStorage).filter((one) => one.startsWith(PREFIX))) {
    let at = 0;
    try {
      at = JSON.parse(localStorage.getItem(name)).at;
    } catch {
      // not ours to read
    }
    if (Date.now() - at > age) localStorage.removeItem(name);
  }
}

// Putting it back

function fill(form, values) {
  const left = new Map();
  for (const [name, value] of values) left.set(name, [...(left.get(name) ?? []), value]);
  for (const one of fieldsOf(form)) {
    const wanted = left.get(one.name) ?? [];
    const before = one.matches("[type=checkbox], [type=radio]") ? one.checked : one.value;
    if (one.matches("[type=checkbox], [type=radio]")) {
      if (one.type === "checkbox" || left.has(one.name)) one.checked = wanted.includes(one.value);
    } else if (one.matches("select[multiple]")) {
      for (const option of one.options) option.selected = wanted.includes(option.value);
    } else if (wanted.length) {
      const value = wanted.shift();
      if (one.tomselect) one.tomselect.setValue(value, true);
      else one.value = value;
    } else continue;
    const after = one.matches("[type=checkbox], [type=radio]") ? one.checked : one.value;
    if (before !== after) {
      one.dispatchEvent(new Event("input", { bubbles: true }));
      one.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
}

// What a restored field brings in by htmx (a roll for another day) is filled as well.
function restore(form, values) {
  fill(form, values);
  let rounds = 3;
  const again = (event) => {
    if (!form.contains(event.target) && event.target !== form) return;
    fill(form, values);
    if (!(rounds -= 1)) document.removeEventListener("htmx:afterSettle", again);
  };
  document.addEventListener("htmx:afterSettle", again);
  setTimeout(() => document.removeEventListener("htmx:afterSettle", again), 8000);
}

const time = (day) => day.toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });

function say(form, text, ...buttons) {
  const note = Object.assign(document.createElement("div"), { className: "alert alert-info draft-note", textContent: `${text} ` });
  note.setAttribute("role", "status");
  for (const [label, act] of buttons) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-outline-secondary", textContent: label });
    button.addEventListener("click", () => {
      note.remove();
      act();
    });
    note.append(button, " ");
  }
  form.before(note);
}

function offer(form, draft, interrupted) {
  const drop = () => localStorage.removeItem(nameOf(form));
  if (interrupted) {
    restore(form, draft.values);
    say(form, `刚才没有存上，已恢复 ${time(draft.at)} 填写的内容，请核对后再提交一次。`, ["知道了", () => {}]);
  } else {
    say(form, `这里有 ${time(draft.at)} 填写、还没有保存的内容。`, ["恢复", () => restore(form, draft.values)], ["不要了", drop]);
  }
}

async function begin() {
  const sent = localStorage.getItem(SENT);
  localStorage.removeItem(SENT);
  if (!meta) {
    if (sent) localStorage.setItem(INTERRUPTED, sent); // the session ended under way
    return;
  }
  if (!cipher) return;
  prune();
  const interrupted = localStorage.getItem(INTERRUPTED);
  const refused = document.querySelector("main :is(.is-invalid, .invalid-feedback, .alert-danger, .errorlist, [aria-invalid=true])");
  if (sent && !(refused && longForms().some((form) => nameOf(form) === sent))) localStorage.removeItem(sent); // it was saved
  for (const form of longForms()) {
    const draft = await found(form);
    if (!draft) continue;
    const wasInterrupted = interrupted === nameOf(form);
    if (wasInterrupted) localStorage.removeItem(INTERRUPTED);
    if (JSON.stringify(draft.values) === JSON.stringify(valuesOf(form))) continue;
    if (!(sent === nameOf(form) && refused)) offer(form, draft, wasInterrupted); // a form that was refused shows its text already
  }
}

const waiting = new Map();
function note(event) {
  const form = event.target.closest?.("form");
  if (!meta || !cipher || !form || !event.isTrusted || !isLong(form)) return;
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => keepNow(form), 250));
}

function keepNow(form) {
  clearTimeout(waiting.get(form));
  if (waiting.delete(form)) keep(form);
}

document.addEventListener("input", note);
document.addEventListener("change", note);
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!meta || !cipher || event.defaultPrevented || !isLong(form)) return;
  waiting.set(form, 0);
  keepNow(form); // the page lives until the answer comes, longer than this takes
  localStorage.setItem(SENT, nameOf(form));
});
window.addEventListener("pagehide", () => [...waiting.keys()].forEach(keepNow));
document.addEventListener("visibilitychange", () => document.hidden && [...waiting.keys()].forEach(keepNow));
document.addEventListener("htmx:afterSettle", (event) => event.target === document.body && begin()); // a boosted page
begin();
