// The outline of the report: rows are moved by drag, by buttons, and by Alt with an arrow; new ones are added under the
// row that has the focus. What is posted is the rows in the order in which they stand.

const list = document.querySelector(".entries");
const level = { section: 1, heading: 2, point: 3 };
let last = null;
let dragged = null;

for (const hidden of document.querySelectorAll(".moves, .outline-add")) hidden.hidden = false;

const levelOf = (row) => level[row.dataset.kind] ?? 3;

// A row moves with all that stands below it.
function block(row) {
  const rows = [row];
  if (!(row.dataset.kind in level) || row.dataset.kind === "point") return rows;
  for (let next = row.nextElementSibling; next && levelOf(next) > levelOf(row); next = next.nextElementSibling) rows.push(next);
  return rows;
}

function changed() {
  list.dispatchEvent(new Event("input", { bubbles: true }));
}

function move(row, up) {
  const rows = block(row);
  let other = up ? row.previousElementSibling : rows.at(-1).nextElementSibling;
  if (up) while (other && levelOf(other) > levelOf(row)) other = other.previousElementSibling;
  if (!other) return;
  if (up) other.before(...rows);
  else block(other).at(-1).after(...rows);
  changed();
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  move(button.closest(".entry"), button.dataset.move === "up");
  button.focus();
});

list.addEventListener("keydown", (event) => {
  if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  const { target } = event;
  move(target.closest(".entry"), event.key === "ArrowUp");
  target.focus();
});

list.addEventListener("focusin", (event) => (last = event.target.closest(".entry") ?? last));

list.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".entry");
  dragged?.classList.add("is-moving");
  event.dataTransfer.effectAllowed = "move";
});

list.addEventListener("dragover", (event) => {
  const over = event.target.closest(".entry");
  if (!dragged || !over) return;
  event.preventDefault();
  const rows = block(dragged);
  if (rows.includes(over)) return;
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(...rows);
  else over.after(...rows);
});

list.addEventListener("dragend", () => {
  dragged?.classList.remove("is-moving");
  dragged = null;
  changed();
});

function newKey() {
  const used = [...list.querySelectorAll('[name="key"]')].map((input) => Number(input.value.match(/^own\.(\d+)$/)?.[1] ?? 0));
  return `own.${Math.max(0, ...used) + 1}`;
}

function rowOf(kind, key, title) {
  const row = document.createElement("li");
  row.className = `entry ${kind}`;
  row.dataset.kind = kind;
  row.draggable = true;
  row.innerHTML = document.querySelector("#new-entry").innerHTML.trim().replace(/^<li[^>]*>|<\/li>$/g, "");
  row.querySelector('[name="key"]').value = key;
  const named = row.querySelector('[name^="kind-"]');
  named.name = `kind-${key}`;
  named.value = kind;
  const grip = row.querySelector(".grip");
  if (kind !== "text") {
    const input = Object.assign(document.createElement("input"), { className: "form-control title", name: `title-${key}`, maxLength: 60, required: true, value: title });
    input.setAttribute("aria-label", kind === "heading" ? "标题" : "要点");
    grip.after(input);
  }
  if (kind !== "heading" && key.startsWith("own.")) {
    const text = Object.assign(document.createElement("textarea"), { className: "form-control", name: `text-${key}`, rows: 2, maxLength: 1000, placeholder: "固定文字，空着就不写" });
    text.setAttribute("aria-label", "固定文字");
    row.querySelector(".form-check").before(text);
  }
  const box = row.querySelector('[type="checkbox"]');
  box.name = `on-${key}`;
  box.checked = true;
  row.querySelector(".moves").hidden = false;
  return row;
}

document.querySelector(".outline-add").addEventListener("click", (event) => {
  const kind = event.target.closest("[data-add]")?.dataset.add;
  if (!kind) return;
  const chosen = document.querySelector("#topic")?.selectedOptions[0];
  const row = kind === "topic" ? rowOf("point", chosen.value, chosen.textContent) : rowOf(kind, newKey(), "");
  if (kind === "topic") chosen.remove();
  (last ?? list.lastElementChild).after(row);
  row.querySelector("input:not([type=hidden]), textarea").focus();
  row.scrollIntoView({ block: "center" });
  changed();
});
