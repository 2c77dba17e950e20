// A form that was sent is not sent again by a second click. GET forms and downloads stay open.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-download")) return;
  const submitter = event.submitter;
  // Not before the browser has read the form: a disabled button would not be sent.
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
      if (button.disabled) continue;
      button.disabled = true;
      button.dataset.wasOpen = "";
    }
    submitter?.classList.add("is-busy");
  });
});

window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-was-open]")) {
    button.disabled = false;
    delete button.dataset.wasOpen;
    button.classList.remove("is-busy");
  }
});
