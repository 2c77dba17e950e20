// Fills in birth date and gender from a whole citizen ID, unless somebody has written them by hand.

const id = document.querySelector("[data-citizen-id]");
const birth = document.querySelector("[name=birth_date]");
const gender = document.querySelector("[name=gender]");
const byHand = new Set();

for (const field of [birth, gender]) {
  field?.addEventListener("input", (event) => event.isTrusted && byHand.add(field));
}

function put(field, value) {
  if (!field || byHand.has(field)) return;
  field.value = value;
}

id?.addEventListener("input", () => {
  const found = id.value.replace(/\s/g, "").match(/^\d{6}(\d{4})(\d{2})(\d{2})\d{2}(\d)[\dXx]$/);
  if (!found) return;
  const [, year, month, day, order] = found;
  put(birth, `${year}-${month}-${day}`);
  put(gender, Number(order) % 2 ? "male" : "female");
});
