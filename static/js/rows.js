// A click anywhere on a row with data-href opens its record. A table that is too wide for its box can be scrolled by
// keyboard; the head of one that fits stays in sight while the page scrolls.

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

const boxes = new ResizeObserver((entries) => entries.forEach(({ target }) => settle(target.closest(".scroll") ?? target)));

function settle(box) {
  box.classList.remove("fits"); // a box that lets its table stand out cannot tell how wide that is
  const fits = box.scrollWidth <= box.clientWidth;
  box.classList.toggle("fits", fits);
  for (const head of box.querySelectorAll(":scope > .table > thead")) head.style.transform = "";
  if (fits || box.hasAttribute("tabindex")) return;
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  if (!box.hasAttribute("aria-label")) box.setAttribute("aria-label", "表格，可左右滚动");
}

function watchIn(root) {
  for (const box of root.querySelectorAll(".table-responsive, .scroll")) {
    boxes.observe(box);
    for (const inside of box.children) boxes.observe(inside);
  }
}

// The head of a table that scrolls sideways cannot stick by itself: it is moved along with the page.
function lift() {
  const bar = document.querySelector(".top");
  const edge = bar && getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
  for (const box of document.querySelectorAll(".scroll:not(.fits)")) {
    const head = box.querySelector(":scope > .table > thead");
    if (!head || getComputedStyle(head.querySelector("th") ?? head).position !== "sticky") continue;
    const { top, height } = box.getBoundingClientRect();
    const down = Math.max(0, Math.min(edge - top, height - 2 * head.offsetHeight));
    head.style.transform = down ? `translateY(${down}px)` : "";
  }
}

addEventListener("scroll", lift, { passive: true });
watchIn(document);
document.addEventListener("htmx:afterSettle", (event) => watchIn(event.target));

// On a phone the navigation is a strip: bring the current page into it.
const side = document.querySelector(".side");
const current = side?.querySelector(".on");
if (current) {
  side.scrollLeft = current.offsetLeft - (side.clientWidth - current.clientWidth) / 2;
  side.scrollTop = current.offsetTop - side.clientHeight / 2;
}
