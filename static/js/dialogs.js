// Asks before a form is sent or a link followed, opens dialogs, closes menus, prints.
//   <button data-confirm="删除这条记录？" data-confirm-detail="删除后可在审计记录里查到。" data-confirm-yes="删除">
//   <form data-confirm="确认所选的 # 条记录？" data-confirm-count="activity"> counts the ticked boxes of that name for #
//   <button data-dialog="#id">, <button data-print>

const confirmed = new WeakSet();

function ask(source, go) {
  const dialog = document.getElementById("confirm");
  const { confirm: question, confirmDetail: detail = "", confirmYes: yes = "确定" } = source.dataset;
  if (!dialog) {
    if (window.confirm(question)) go();
    return;
  }
  dialog.querySelector("#confirm-question").textContent = question;
  dialog.querySelector("#confirm-detail").textContent = detail;
  dialog.querySelector("#confirm-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && go(), { once: true });
  dialog.showModal();
}

function counted(source, form) {
  const { confirm, confirmCount: name } = source.dataset;
  if (!name) return source;
  const ticked = form.querySelectorAll(`input[name="${name}"]:checked`).length;
  return { dataset: { ...source.dataset, confirm: confirm.replace("#", ticked) } };
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const source = event.submitter?.dataset.confirm ? event.submitter : form;
    if (!source.dataset.confirm || confirmed.delete(form)) return;
    event.preventDefault();
    event.stopPropagation();
    const submitter = event.submitter;
    ask(counted(source, form), () => {
      confirmed.add(form);
      form.requestSubmit(submitter);
      confirmed.delete(form);
    });
  },
  true,
);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-confirm]");
  if (!link) return;
  event.preventDefault();
  ask(link, () => window.location.assign(link.href));
});

document.addEventListener("htmx:confirm", (event) => {
  const question = event.detail.question;
  if (!question) return;
  event.preventDefault();
  ask({ dataset: { ...event.detail.elt.dataset, confirm: question } }, () => event.detail.issueRequest(true));
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.querySelector(opener.dataset.dialog)?.showModal();
  if (event.target.closest("[data-print]")) window.print();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || opener) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A form came back with mistakes: say so first, and open what hides them.
document.querySelector("[data-focus]")?.focus();
for (const wrong of document.querySelectorAll("details .is-invalid")) wrong.closest("details").open = true;
