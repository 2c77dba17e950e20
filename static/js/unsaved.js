// Warns when a page is left with changes that were not saved: <form data-unsaved>.

const dirty = new Set();
const note = (event) => {
  const form = event.target.closest?.("form[data-unsaved]");
  if (form) dirty.add(form);
};

document.addEventListener("input", note);
document.addEventListener("change", note);
document.addEventListener("submit", (event) => dirty.delete(event.target));
document.addEventListener("reset", (event) => dirty.delete(event.target));
window.addEventListener("beforeunload", (event) => {
  if ([...dirty].some((form) => form.isConnected)) event.preventDefault();
});
