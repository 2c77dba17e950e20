// The form of an activity with its roll, what minutes left to be asked, and the review by keyboard.

const typing = (target) => target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, dialog[open]");
const changed = (element) => element?.dispatchEvent(new Event("change", { bubbles: true }));

document.addEventListener("click", (event) => {
  const remove = event.target.closest("[data-roll-remove]");
  if (!remove) return;
  const row = remove.closest("[data-roll-row]");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const list = row.parentElement;
  row.remove();
  const radio = next?.querySelector("input[type=radio]:checked");
  radio?.focus();
  changed(radio ?? list);
});

// An answer moves its person to the state that the minutes give, and the others back.
function mark(radio, answered) {
  const [member, unasked, state, ...rest] = radio.value.split(":");
  const reason = rest.join(":");
  const row = document.getElementById(`line-${member}`);
  const choice = row?.querySelector(`input[type=radio][value="${answered ? state : unasked}"]`);
  if (!choice) return;
  choice.checked = true;
  if (answered && reason) row.querySelector("[data-roll-reason]").value = reason;
  changed(choice);
}

document.addEventListener("change", (event) => {
  const answer = event.target.closest("[data-ask]");
  if (answer) {
    for (const radio of document.getElementsByName(answer.name)) if (radio !== answer) mark(radio, false);
    mark(answer, true);
  }
  const unread = event.target.closest("[data-unread]");
  if (unread) markUnread(unread.value);
  const all = event.target.closest("[data-tick-all]");
  if (all) for (const box of all.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = all.checked;
});

// Of whom the minutes say nothing: all of them came, or each is marked by a person.
function markUnread(answer) {
  for (const waiting of document.querySelectorAll("input[name=unmarked]")) {
    const row = waiting.closest("[data-roll-row]");
    const choice = row.querySelector("input[type=radio][value=present]");
    choice.checked = answer !== "each";
    if (answer === "each") for (const radio of row.querySelectorAll("input[type=radio]")) radio.checked = false;
    changed(choice);
  }
  const first = document.querySelector("[data-roll-row] input[type=radio]");
  if (answer !== "all") first?.scrollIntoView({ block: "center" });
}

// Adding a person: Enter takes the first found; who is on the roll already is shown instead of added again.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-person]")) return;
  event.preventDefault();
  document.querySelector("[data-person-of]")?.click();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.target.closest?.("[data-person-of]");
  const row = button && document.getElementById(`line-${button.dataset.personOf}`);
  if (!row) return;
  event.preventDefault();
  row.querySelector("input[type=radio]:checked").focus();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "roll-lines") return;
  const search = document.querySelector("[data-person]");
  search.value = "";
  document.getElementById("people").replaceChildren();
  const radio = event.target.lastElementChild.querySelector("input[type=radio]:checked");
  radio.focus();
  changed(radio);
});

// The quorum follows the marks. Who is only known by name cannot be seen here: the page's own count starts from them.
function quorum() {
  const line = document.querySelector("[data-quorum]");
  if (!line) return;
  const people = line.dataset.quorum.trim().split(" ").filter(Boolean);
  const here = people.filter((pk) =>
    document.querySelector(`#line-${pk} :is([value=present], [value=late]):checked`),
  ).length;
  line.dataset.named ??= line.dataset.present - here;
  const present = here + Number(line.dataset.named);
  line.querySelector("[data-quorum-present]").textContent = present;
  line.querySelector("[data-quorum-ok]").hidden = present < line.dataset.least;
  line.querySelector("[data-quorum-short]").hidden = present >= line.dataset.least;
}
quorum();
document.addEventListener("change", quorum);
document.addEventListener("htmx:afterSwap", quorum);

// data-key names the key that presses a button, follows a link or goes to a field. Before the page's own keys.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    const target = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
    if (!target) return;
    event.preventDefault();
    if (target.matches("textarea")) target.focus();
    else target.click();
  },
  true,
);
