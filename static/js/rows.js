// A click anywhere on a row with data-href opens its record; boxes that scroll can be scrolled by keyboard.

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-href]");
  if (!row || event.target.closest("a, button, input, select, label, summary, textarea")) return;
  if (window.getSelection().toString()) return; // the text was being copied
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
  else window.location.assign(row.dataset.href);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("[data-href]")) window.location.assign(event.target.dataset.href);
});

function openToKeyboard(root) {
  for (const box of root.querySelectorAll(".table-responsive, .scroll")) {
    if (box.hasAttribute("tabindex") || box.scrollWidth <= box.clientWidth) continue;
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    if (!box.hasAttribute("aria-label")) box.setAttribute("aria-label", "表格，可左右滚动");
  }
}

openToKeyboard(document);
document.addEventListener("htmx:afterSettle", (event) => openToKeyboard(event.target));

// On a phone the navigation is a strip: bring the current page into it.
const side = document.querySelector(".side");
const current = side?.querySelector(".on");
if (current) {
  side.scrollLeft = current.offsetLeft - (side.clientWidth - current.clientWidth) / 2;
  side.scrollTop = current.offsetTop - side.clientHeight / 2;
}
