// A choice that is a form of its own goes off when it is made: <select data-submit-on-change>.

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-submit-on-change]")) event.target.form?.requestSubmit();
});
