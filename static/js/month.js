// A month on one page, without a mouse. Enter goes to the next field instead of sending the page half-filled,
// Ctrl+Enter hands everything in. In the roll: 1–5 mark, arrows move, letters go to a name by its initials.

const STATES = ["present", "late", "leave", "absent", "exempt"];
const PAUSE = 900;
const form = document.querySelector("[data-month]");
const jump = form?.querySelector("[data-month-jump]");
const rows = form ? [...form.querySelectorAll("tr[data-initials]")] : [];
let column = 1;
let typed = "";
let typedAt = 0;

const cellOf = (row, number) => row?.children[number]?.querySelector("select");

// The cell of a row in the column one works in, else the first column in which the person is called at all.
function enter(row) {
  const cell = cellOf(row, column) ?? row?.querySelector("select");
  cell?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

function find(letters, from) {
  const start = rows.indexOf(from) + 1;
  return [...rows.slice(start), ...rows.slice(0, start)].find((row) => row.dataset.initials.toLowerCase().startsWith(letters));
}

function next(field) {
  const fields = [...form.querySelectorAll("input:not([type=hidden]), textarea, select")].filter((one) => one.checkVisibility());
  const following = fields[fields.indexOf(field) + 1];
  following?.focus();
  if (following?.matches("input")) following.select();
}

function move(cell, event) {
  const row = cell.closest("tr");
  const here = [...row.children].indexOf(cell.parentElement);
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  let [line, place] = [rows.indexOf(row) + step[0], here + step[1]];
  while (rows[line]?.children[place] && !cellOf(rows[line], place)) [line, place] = [line + step[0], place + step[1]];
  const found = cellOf(rows[line], place);
  if (!found) return;
  column = place;
  found.focus();
}

function onCell(cell, event) {
  column = [...cell.closest("tr").children].indexOf(cell.parentElement);
  if (!/^[a-z]$/i.test(event.key)) typed = "";
  if (event.key.startsWith("Arrow")) {
    event.preventDefault();
    move(cell, event);
  } else if (/^[1-5]$/.test(event.key)) {
    event.preventDefault();
    cell.value = STATES[event.key - 1];
    cell.dispatchEvent(new Event("change", { bubbles: true }));
    if (event.key === "3") cell.parentElement.querySelector(".month-reason").focus();
  } else if (/^[a-z]$/i.test(event.key)) {
    event.preventDefault();
    const spelling = typed && event.timeStamp - typedAt < PAUSE;
    const row = cell.closest("tr");
    typed = spelling ? typed + event.key.toLowerCase() : event.key.toLowerCase();
    typedAt = event.timeStamp;
    enter(find(typed, spelling ? rows[rows.indexOf(row) - 1] : row));
  }
}

form?.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-month-submit]"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (target.matches(".month-state")) onCell(target, event);
  else if (event.key === "Enter" && target.matches("input")) {
    event.preventDefault();
    if (target === jump) {
      const row = find(jump.value.trim().toLowerCase());
      if (row) jump.value = "";
      enter(row);
    } else if (target.matches(".month-reason")) target.parentElement.querySelector("select").focus();
    else next(target);
  }
});

const first = form?.querySelector("input:not([type=hidden])");
first?.focus();
first?.select(); // as Tab does: what is typed replaces what stands there
