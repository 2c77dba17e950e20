// Moves in a grid of inputs (data-grid-keys) as in a spreadsheet: Enter, ↑ and ↓ go to the same column of another row. One
// box with data-check-all ticks all boxes of that name in its table.

const FIELDS = "input:not([type=hidden]), select";

document.addEventListener("keydown", (event) => {
  const grid = event.target.closest?.("[data-grid-keys]");
  const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!grid || !step || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!event.target.matches(FIELDS) || !event.target.closest("tbody")) return;
  if (event.key !== "Enter" && !event.target.matches("input:not([type=date])")) return; // theirs: the list, the date
  event.preventDefault();
  const rows = [...grid.querySelectorAll("tbody tr")].filter((row) => row.querySelector(FIELDS));
  const row = event.target.closest("tr");
  const place = [...row.querySelectorAll(FIELDS)].indexOf(event.target);
  const next = rows[rows.indexOf(row) + step]?.querySelectorAll(FIELDS)[place];
  next?.focus();
  next?.select?.();
});

document.addEventListener("change", (event) => {
  const name = event.target.dataset?.checkAll;
  if (!name) return;
  for (const box of event.target.closest("table").querySelectorAll(`input[name="${name}"]`)) box.checked = event.target.checked;
});
