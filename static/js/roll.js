// The attendance roll, marked by keyboard. Everyone is 出席 until marked otherwise,
// save those whom minutes left unmarked (an input named unmarked in the row).
//   <div data-roll>
//     <input data-roll-jump>                              type initials, Enter goes to the person
//     <b data-roll-count="expected|present|leave|absent"></b>
//     <tr data-roll-row data-initials="zs"> five radios, values present late leave absent exempt; <input data-roll-reason></tr>
// In a row: 1–5 or c t q x set the state, ↑ ↓ move, other letters jump to a name by its initials.

const STATES = ["present", "late", "leave", "absent", "exempt"];
const KEYS = { 1: 0, 2: 1, 3: 2, 4: 3, 5: 4, c: 0, t: 1, q: 2, x: 3 };
const JUMP_PAUSE = 900;

const rowsOf = (roll) => [...roll.querySelectorAll("[data-roll-row]")];
const radiosOf = (row) => STATES.map((state) => row.querySelector(`input[type=radio][value="${state}"]`));
const stateOf = (row) => row.querySelector("input[type=radio]:checked")?.value;

function refresh(roll) {
  const counts = { expected: 0, present: 0, late: 0, leave: 0, absent: 0, exempt: 0 };
  for (const row of rowsOf(roll)) {
    const state = stateOf(row);
    if (state !== "exempt") counts.expected += 1;
    if (state) counts[state === "late" ? "present" : state] += 1;
    if (state === "late") counts.late += 1;
    const reason = row.querySelector("[data-roll-reason]");
    if (reason) reason.disabled = state !== "leave" && state !== "exempt";
  }
  for (const place of roll.querySelectorAll("[data-roll-count]")) place.textContent = counts[place.dataset.rollCount];
}

function focusRow(row) {
  if (!row) return;
  (row.querySelector("input[type=radio]:checked") ?? row.querySelector("input[type=radio]"))?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "center" });
}

function findByInitials(roll, typed, from) {
  const rows = rowsOf(roll);
  const start = rows.indexOf(from) + 1;
  return [...rows.slice(start), ...rows.slice(0, start)].find((row) => row.dataset.initials?.toLowerCase().startsWith(typed));
}

let typed = "";
let typedAt = 0;

function onKey(event) {
  const roll = event.target.closest?.("[data-roll]");
  if (!roll || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("[data-roll-jump]")) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const row = findByInitials(roll, event.target.value.trim().toLowerCase());
    if (row) event.target.value = "";
    focusRow(row);
    return;
  }
  const row = event.target.closest("[data-roll-row]");
  if (!row) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const rows = rowsOf(roll);
    focusRow(rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)]);
    event.preventDefault();
    return;
  }
  if (event.target.type !== "radio" || event.key.length !== 1) return;
  const key = event.key.toLowerCase();
  const spelling = typed && event.timeStamp - typedAt < JUMP_PAUSE;
  if (key in KEYS && !(spelling && /[a-z]/.test(key))) {
    event.preventDefault();
    const radio = radiosOf(row)[KEYS[key]];
    radio?.focus();
    radio?.click();
  } else if (/[a-z]/.test(key)) {
    event.preventDefault();
    // The first letter looks below this row, so that typing it again goes to the next namesake; more letters narrow.
    const found = findByInitials(roll, spelling ? typed + key : key, spelling ? rowsOf(roll)[rowsOf(roll).indexOf(row) - 1] : row);
    typed = spelling ? typed + key : key;
    typedAt = event.timeStamp;
    focusRow(found);
  }
}

function begin(root) {
  for (const roll of root.querySelectorAll("[data-roll]")) {
    for (const row of rowsOf(roll)) {
      const first = radiosOf(row)[0];
      if (first && !stateOf(row) && !row.querySelector("[name=unmarked]")) first.checked = true;
    }
    refresh(roll);
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("change", (event) => {
  const roll = event.target.closest("[data-roll]");
  if (!roll || event.target.type !== "radio") return;
  refresh(roll);
  if (event.target.value === "leave") event.target.closest("[data-roll-row]")?.querySelector("[data-roll-reason]")?.scrollIntoView({ block: "nearest" });
});
document.addEventListener("reset", (event) => setTimeout(() => begin(event.target)));
document.addEventListener("htmx:afterSettle", (event) => begin(event.target));
begin(document);
