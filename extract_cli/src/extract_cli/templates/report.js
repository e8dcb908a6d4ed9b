"use strict";
// Sorting and filtering of the tables, and buttons that copy a command. The page is complete without it.
for (const button of document.querySelectorAll("button[hidden]")) button.hidden = false;
for (const tools of document.querySelectorAll(".tools[hidden]")) tools.hidden = false;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  const code = button.previousElementSibling;
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});

// What a cell sorts by: 1,234 · 1.2 MB · 1.3 s · 4:05 · 1:02:03 · $0.12 are numbers, anything else is text.
const UNITS = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, s: 1 };
function value(text) {
  if (/^\d+(:\d\d)+$/.test(text)) return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const match = /^\$?([\d,.]+(?:e-?\d+)?)(?: (B|kB|MB|GB|TB|s))?$/.exec(text);
  return match ? Number(match[1].replaceAll(",", "")) * (UNITS[match[2]] || 1) : text.toLowerCase();
}
const order = new Intl.Collator(undefined, { numeric: true }).compare;

const table = document.getElementById("list");
if (table) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  for (const [index, head] of [...table.tHead.rows[0].cells].entries()) {
    const name = head.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const numeric = index >= 4;
      const next = head.getAttribute("aria-sort") === (numeric ? "descending" : "ascending");
      const sign = next === numeric ? 1 : -1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
      const keys = new Map(rows.map((row) => [row, value(row.cells[index].textContent)]));
      rows.sort((left, right) => {
        const [a, b] = [keys.get(left), keys.get(right)];
        if (a === "" || b === "") return (a === "") - (b === "");
        return sign * (typeof a === "number" && typeof b === "number" ? a - b : order(String(a), String(b)));
      });
      body.append(...rows);
    });
  }
  const [search, state] = [document.getElementById("search"), document.getElementById("state")];
  const shown = document.getElementById("shown");
  function filter() {
    const wanted = search.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const fits = (!state.value || row.cells[2].textContent === state.value)
        && (!wanted || row.textContent.toLowerCase().includes(wanted));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")} tables`;
  }
  search.addEventListener("input", filter);
  state.addEventListener("change", filter);
  filter();
}
addEventListener("beforeprint", () => { for (const details of document.querySelectorAll("details")) details.open = true; });
