// The month's sheet of dues: 全部按应缴 fills in what is not paid, the sums follow while somebody types.
//   <form data-dues> … <tr data-dues-row> <input data-dues-due> <input data-dues-paid> <input type=date> <select> …

const rowsOf = (form) => [...form.querySelectorAll("[data-dues-row]")];
const cents = (text) => Math.round(Number(text.replace(/[,，\s]/g, "")) * 100) || 0;
const yuan = (amount) => (amount / 100).toFixed(2);
const amounts = (row) => ["due", "paid"].map((name) => cents(row.querySelector(`[data-dues-${name}]`).value));

function refresh(form) {
  const sums = { due: 0, paid: 0, unpaid: 0 };
  for (const row of rowsOf(form)) {
    const [due, paid] = amounts(row);
    sums.due += due;
    sums.paid += paid;
    sums.unpaid += paid < due;
    row.classList.toggle("is-owing", paid < due);
  }
  for (const place of form.querySelectorAll("[data-dues-sum]")) {
    const name = place.dataset.duesSum;
    place.textContent = name === "unpaid" ? sums.unpaid : yuan(sums[name]);
  }
}

function fill(form) {
  const { day, how } = form.elements;
  for (const row of rowsOf(form)) {
    const [due, paid] = amounts(row);
    if (paid || !due) continue; // what was paid in part was typed by somebody, and stays
    const field = (name) => row.querySelector(`[name^="${name}-"]`);
    field("paid").value = yuan(due);
    field("paid_on").value ||= day.value;
    field("method").value ||= how.value;
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

const form = document.querySelector("form[data-dues]");
if (form?.querySelector("[data-dues-due]")) {
  refresh(form);
  form.addEventListener("input", () => refresh(form));
  form.addEventListener("change", () => refresh(form));
  form.querySelector("[data-dues-fill]").addEventListener("click", (event) => {
    event.preventDefault();
    fill(form);
  });
}
