/* The tree of organisations: opens and closes what htmx has fetched once, and follows the arrow keys. */

const tree = document.querySelector("[data-tree]");

function below(toggle) {
  return document.getElementById(toggle.getAttribute("aria-controls"));
}

function show(toggle, open) {
  toggle.setAttribute("aria-expanded", String(open));
  below(toggle).hidden = !open;
}

// Before htmx: what is here already is only shown or hidden.
document.addEventListener(
  "click",
  (event) => {
    const toggle = event.target.closest("a.toggle[data-loaded]");
    if (!toggle || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    show(toggle, toggle.getAttribute("aria-expanded") !== "true");
  },
  true,
);

document.addEventListener("htmx:afterSwap", (event) => {
  const toggle = tree?.querySelector(`a.toggle[aria-controls="${event.detail.target.id}"]`);
  if (!toggle) return;
  toggle.dataset.loaded = "";
  show(toggle, true);
});

function lines() {
  return [...tree.querySelectorAll(".node-name > a")].filter((link) => link.offsetParent);
}

tree?.addEventListener("keydown", (event) => {
  const node = event.target.closest(".node");
  if (!node) return;
  const links = lines();
  const here = node.querySelector(".node-name > a");
  const toggle = node.querySelector("a.toggle");
  const open = toggle?.getAttribute("aria-expanded") === "true";
  if (event.key === "ArrowDown") links[links.indexOf(here) + 1]?.focus();
  else if (event.key === "ArrowUp") links[links.indexOf(here) - 1]?.focus();
  else if (event.key === "ArrowRight" && toggle && !open) toggle.click();
  else if (event.key === "ArrowRight" && open) links[links.indexOf(here) + 1]?.focus();
  else if (event.key === "ArrowLeft" && open) toggle.click();
  else if (event.key === "ArrowLeft") node.closest("ul").closest("li")?.querySelector(".node-name > a")?.focus();
  else return;
  event.preventDefault();
});
