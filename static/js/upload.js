// Drag and drop, what was chosen, its size before it is sent, and how much has gone (for a form with hx-boost).
//   <div data-upload data-max-bytes="…"> (components/upload.html)

const MIB = 1024 * 1024;
const size = (bytes) => (bytes < MIB ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MIB).toFixed(1)} MB`);

function check(area) {
  const limit = Number(area.dataset.maxBytes) || 20 * MIB;
  const inputs = [...area.querySelectorAll("input[type=file]")];
  const files = inputs.flatMap((input) => [...input.files]);
  const tooBig = files.find((file) => file.size > limit);
  const empty = files.find((file) => file.size === 0);
  const wrong = tooBig
    ? `“${tooBig.name}”有 ${size(tooBig.size)}，超过 ${size(limit)}，请压缩或拆分后再传`
    : empty && `“${empty.name}”是空文件，请重新选择`;
  for (const input of inputs) input.setCustomValidity(input.files.length && wrong ? wrong : "");
  const note = area.querySelector("[data-upload-chosen]");
  note.textContent = wrong || files.map((file) => `${file.name}（${size(file.size)}）`).join("、");
  note.classList.toggle("is-wrong", Boolean(wrong));
}

document.addEventListener("change", (event) => {
  const area = event.target.closest("[data-upload]");
  if (area && event.target.type === "file") check(area);
});

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const area = event.target.closest?.("[data-upload]");
    if (!area) return;
    event.preventDefault();
    area.classList.toggle("is-over", kind === "dragenter" || kind === "dragover");
    if (kind !== "drop" || !event.dataTransfer.files.length) return;
    const input = area.querySelector("input[type=file]:not([capture])");
    const given = new DataTransfer();
    for (const file of [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1)) given.items.add(file);
    input.files = given.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector?.(".upload-progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (event.detail.loaded * 100) / event.detail.total;
});

for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, ({ detail: { xhr } }) => {
    const place = document.querySelector(".messages");
    if (!place) return;
    const told = xhr?.status === 503 && new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-state]");
    const textContent = (told && told.textContent) || "没有成功：网络或系统出了问题，请稍后再试一次。";
    const alert = Object.assign(document.createElement("div"), { className: "alert alert-danger", role: "alert", textContent });
    place.replaceChildren(alert);
    place.scrollIntoView({ block: "nearest" });
  });
}
