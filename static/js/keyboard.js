// `/` search, `j` `k` rows, `x` ticks one, Enter open (the focused link does that itself), `n` new, `e` export, `?` help.

const typing = (target) => target.closest?.("input:not([type=radio], [type=checkbox], [type=button], [type=submit]), textarea, select, [contenteditable], dialog[open]");
const visible = (selector) => [...document.querySelectorAll(selector)].find((element) => element.checkVisibility());
const rowLink = (row) => row.querySelector("a[href]") ?? (row.hasAttribute("data-href") ? row : null);

function move(step) {
  const rows = [...document.querySelectorAll("[data-rows] tbody tr, [data-rows] > li")].filter(rowLink);
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step];
  if (!next) return;
  const link = rowLink(next);
  if (link === next) next.tabIndex = -1;
  link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const press = {
  "/": () => (visible("[data-shortcut=search]") ?? visible("[data-shortcut=filter]") ?? visible("input[type=search]"))?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => (document.activeElement.closest("[data-rows] tbody tr")?.querySelector("input[type=checkbox]") ?? visible("[data-rows] tbody input[type=checkbox]"))?.click(),
  n: () => visible("[data-shortcut=new]")?.click(),
  e: () => visible("[data-shortcut=export]")?.click(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || event.target.closest?.("[data-roll]") || !(event.key in press)) return;
  event.preventDefault();
  press[event.key]();
});
