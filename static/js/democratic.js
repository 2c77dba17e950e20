// The sheet of a democratic review: the counts follow the grades.
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
}
