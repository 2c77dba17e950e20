// Makes a long <select data-pick> searchable by typing. With data-pick-url it asks the server: GET url?q=… answers
// {"results": [{"id": …, "name": …}]}. The library is fetched only by pages that have such a select.

const assets = document.querySelector("script[data-tom-select]")?.dataset;
let library;

function load() {
  // Both, before a select is replaced: without its style the box is taller, and the page would jump under a finger.
  const arrived = (tag, properties) =>
    new Promise((resolve, reject) => {
      document.head.append(Object.assign(document.createElement(tag), { onload: resolve, onerror: reject, ...properties }));
    });
  library ??= Promise.all([
    arrived("link", { rel: "stylesheet", href: assets.tomSelectCss }),
    arrived("script", { src: assets.tomSelect }),
  ]);
  return library;
}

async function pickIn(root) {
  const selects = [...root.querySelectorAll("select[data-pick], select[data-pick-url]")].filter((one) => !one.tomselect);
  if (!selects.length || !assets) return;
  await load();
  for (const select of selects) {
    const { pickUrl: url } = select.dataset;
    const words = { no_results: () => '<div class="no-results">没有找到，换个写法再试</div>' };
    const remote = url && {
      valueField: "id",
      labelField: "name",
      searchField: [],
      load: (query, show) =>
        fetch(`${url}${url.includes("?") ? "&" : "?"}q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } })
          .then((answer) => answer.json())
          .then((answer) => show(answer.results))
          .catch(() => show()),
      score: () => () => 1,
    };
    // The library takes the label for its own input; the select stays in the page and wants a name as well.
    select.setAttribute("aria-label", select.getAttribute("aria-label") ?? select.labels[0]?.textContent.trim() ?? "");
    // In the box the choice stands without the indent that shows its place in the list.
    if (!remote) words.item = (data, escape) => `<div>${escape(data.text.trim())}</div>`;
    const order = [...select.options];
    const picker = new window.TomSelect(select, { maxOptions: 500, render: words, ...remote });
    if (remote) continue;
    // The library moves what is chosen to the end of the select: every choice stays where it stands in the tree.
    const settle = () => select.append(...order);
    picker.hook("after", "updateOriginalInput", settle);
    settle();
  }
}

pickIn(document);
document.addEventListener("htmx:afterSettle", (event) => pickIn(event.target));
