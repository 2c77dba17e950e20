// Takes a block copied from Excel into a grid of inputs, rightwards and downwards from the cell it is pasted in.
//   <table data-paste-grid> … <tr><td><input></td><td><select>…</select></td></tr>
// Fields with data-grid-aside are passed over. An element with data-paste-note nearby is told how many cells were filled and how many found no place.

const FIELDS = ":is(input:not([type=hidden]), select, textarea):not([data-grid-aside])";
const TRUE_WORDS = ["是", "√", "✓", "1", "有", "y", "yes", "true"];

/** Cells of a clipboard text: tabs between cells, line breaks between rows, quotes around cells that hold either. */
export function parseBlock(text) {
  const rows = [[""]];
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const row = rows.at(-1);
    const char = text[i];
    if (quoted) {
      if (char !== '"') row[row.length - 1] += char;
      else if (text[i + 1] === '"') row[row.length - 1] += text[++i];
      else quoted = false;
    } else if (char === '"' && row.at(-1) === "") quoted = true;
    else if (char === "\t") row.push("");
    else if (char === "\n") rows.push([""]);
    else if (char !== "\r") row[row.length - 1] += char;
  }
  if (rows.length > 1 && rows.at(-1).join("") === "") rows.pop();
  return rows;
}

function fill(field, text) {
  const value = text.trim();
  if (field.disabled || field.readOnly) return false;
  if (field.type === "checkbox") field.checked = TRUE_WORDS.includes(value.toLowerCase());
  else if (field.tagName === "SELECT") {
    const option = [...field.options].find((one) => one.value === value || one.text.trim() === value);
    if (!option) return false;
    field.value = option.value;
  } else field.value = field.type === "date" ? value.replace(/^(\d{4})[/.年](\d{1,2})[/.月](\d{1,2})日?$/, (_, y, m, d) => `${y}-${m.padStart(2, "0")}-${d.padStart(2, "0")}`) : value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

document.addEventListener("paste", (event) => {
  const grid = event.target.closest?.("[data-paste-grid]");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!grid || !/[\t\n]/.test(text.trimEnd())) return;
  const lines = [...grid.querySelectorAll("[data-paste-row], tbody tr")].map((row) => [...row.querySelectorAll(FIELDS)]);
  const top = lines.findIndex((line) => line.includes(event.target));
  if (top < 0) return;
  event.preventDefault();
  const left = lines[top].indexOf(event.target);
  let filled = 0;
  let lost = 0;
  parseBlock(text).forEach((cells, down) =>
    cells.forEach((cell, right) => {
      const field = lines[top + down]?.[left + right];
      if (field && fill(field, cell)) filled += 1;
      else if (cell.trim()) lost += 1;
    }),
  );
  const note = grid.parentElement.querySelector("[data-paste-note]") ?? document.querySelector("[data-paste-note]");
  if (note) note.textContent = `已粘贴 ${filled} 格${lost ? `，${lost} 格放不下或对不上，请核对` : ""}`;
});
