// Shows, beside the paper, where the number that was clicked or focused comes from. A second click opens its rows;
// without this script the first one does.

const shown = document.querySelector("#shown");
let current = null;

function show(link) {
  if (link === current) return;
  current?.removeAttribute("aria-current");
  current = link;
  link.setAttribute("aria-current", "true");
  const fact = document.getElementById(`figure-${link.dataset.figure}`)?.cloneNode(true);
  if (!fact) return;
  fact.removeAttribute("id");
  shown.replaceChildren(fact);
  const key = link.closest("[data-key]")?.dataset.key;
  const cases = document.getElementById(`cases-${key}`)?.querySelector("ul")?.cloneNode(true);
  if (!cases) return;
  const heading = document.createElement("h3");
  heading.textContent = "这一段的明细和对照";
  shown.append(heading, cases);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".paper a[data-figure]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link === current && link.dataset.open) return;
  event.preventDefault();
  for (const other of document.querySelectorAll("[data-open]")) delete other.dataset.open;
  link.dataset.open = "1";
  show(link);
  if (window.matchMedia("(max-width: 1100px)").matches) shown.scrollIntoView({ block: "center" });
});

document.addEventListener("focusin", (event) => {
  const link = event.target.closest?.(".paper a[data-figure]");
  if (link) show(link);
});
