// The sheet of a democratic review: Enter and ↑ ↓ go to the same column of the next row, the counts follow the grades.
//   <form data-democratic> … <tr data-democratic-row data-full> … <select name="grade-…"> …

const form = document.querySelector("form[data-democratic]");
const rows = form ? [...form.querySelectorAll("[data-democratic-row]")] : [];
const gradeOf = (row) => row.querySelector('[name^="grade-"]')?.value;

function refresh() {
  const graded = rows.filter(gradeOf);
  const excellent = graded.filter((row) => gradeOf(row) === "excellent").length;
  form.querySelector("[data-democratic-graded]").textContent = graded.filter((row) => "full" in row.dataset).length;
  form.querySelector("[data-democratic-excellent]").textContent = excellent;
  form.querySelector("[data-democratic-percent]").textContent = graded.length ? ((100 * excellent) / graded.length).toFixed(1) : 0;
}

if (form?.querySelector('[name^="grade-"]')) {
  form.addEventListener("change", refresh);
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-democratic-row]");
    const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!row || !step || event.isComposing || event.ctrlKey || event.altKey || event.target.matches("a")) return;
    if (event.key !== "Enter" && event.target.matches("select")) return; // the arrows are the list's own
    event.preventDefault();
    const next = rows[rows.indexOf(row) + step]?.querySelector(`[name^="${event.target.name.split("-")[0]}-"]`);
    next?.focus();
    next?.select?.();
  });
}
