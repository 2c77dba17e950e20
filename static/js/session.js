// Says two minutes before the session ends that it does, with a way to go on; all tabs of a browser count together.
// Only what a person does counts: a progress bar that asks by itself does not keep the session alive.

const meta = document.querySelector("meta[name=draft]");
const SEEN = "portal-seen";
const WARN = 120;
const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"];
const seen = () => localStorage.setItem(SEEN, String(Date.now()));
let note;

function show(text, label, act) {
  note?.remove();
  note = Object.assign(document.createElement("div"), { className: "alert alert-warning session-note", textContent: `${text} ` });
  note.setAttribute("role", "alert");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-sm btn-primary", textContent: label });
  button.addEventListener("click", act);
  note.append(button);
  document.body.append(note);
}

async function goOn() {
  const answer = await fetch(meta.dataset.stay, { method: "POST", headers: { "X-CSRFToken": token() }, redirect: "manual" }).catch(() => null);
  if (answer?.status === 204) {
    seen();
    note?.remove();
    note = undefined;
  } else ended();
}

function ended() {
  show("登录已到期，填写的内容已加密留在这台设备上，登录后会恢复。", "重新登录", () => {
    location.href = `${meta.dataset.signIn}?next=${encodeURIComponent(location.pathname + location.search)}`;
  });
}

function look() {
  const left = Number(meta.dataset.seconds) - (Date.now() - Number(localStorage.getItem(SEEN))) / 1000;
  if (left <= 0) ended();
  else if (left <= WARN) show(`很久没有操作，还有 ${Math.max(1, Math.ceil(left / 60))} 分钟自动退出。`, "继续", goOn);
  else if (note) {
    note.remove();
    note = undefined;
  }
  return left;
}

if (meta) {
  seen();
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.requestConfig?.headers["X-Poll"]) seen();
  });
  setInterval(look, 10_000);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}
