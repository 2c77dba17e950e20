// Rows ticked in a list: how many, all of the page at once, and no button to press while there are none.

function boxes(form) {
  return [...form.elements].filter((box) => box.type === "checkbox" && box.name === "pk");
}

function refresh(form) {
  const rows = boxes(form);
  const count = rows.filter((box) => box.checked).length;
  form.querySelector("[data-picked-words]").textContent = count ? `选中 ${count} 行：` : "在左边勾选（按 x 选中所在的行），再点：";
  for (const button of form.querySelectorAll("button")) button.disabled = count === 0;
  form.classList.toggle("on", count > 0);
  for (const row of rows) row.closest("tr")?.classList.toggle("picked-row", row.checked);
  const all = document.querySelector("[data-pick-all]");
  if (all) {
    all.hidden = false;
    all.checked = count > 0 && count === rows.length;
    all.indeterminate = count > 0 && count < rows.length;
  }
}

document.addEventListener("change", (event) => {
  const form = document.querySelector("[data-picked]");
  if (!form) return;
  if (event.target.matches("[data-pick-all]")) for (const box of boxes(form)) box.checked = event.target.checked;
  if (event.target.matches("[data-pick-all]") || event.target.form === form) refresh(form);
});

// The browser keeps ticks when one comes back to a page.
window.addEventListener("pageshow", () => {
  const form = document.querySelector("[data-picked]");
  if (form) refresh(form);
});
