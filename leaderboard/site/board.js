// Sorting and filtering of the board's tables, with their state in the address, so that a view can be
// sent to someone. Without it the pages are complete; it only adds.
"use strict";
(() => {
  const state = new URLSearchParams(location.hash.slice(1));
  const tables = [...document.querySelectorAll("table[data-filter]")];
  if (!tables.length) return;
  const remember = () => {
    const text = state.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };
  const cellValue = (row, index, kind) => {
    const cell = row.cells[index];
    if (kind === "text") return cell.textContent.trim().toLowerCase();
    const value = parseFloat(cell.dataset.value ?? cell.textContent);
    return Number.isNaN(value) ? Infinity : value;
  };
  const sortBy = (table, index, descending) => {
    const headers = [...table.tHead.rows[0].cells];
    const kind = headers[index].dataset.sort;
    headers.forEach((th, i) => {
      if (i === index) th.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    });
    for (const body of table.tBodies) {
      const title = body.querySelector("tr.category");
      const rows = [...body.rows].filter((row) => row !== title);
      rows.sort((a, b) => {
        const [x, y] = [cellValue(a, index, kind), cellValue(b, index, kind)];
        return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1);
      });
      body.append(...rows);
    }
  };
  const filter = (words) => {
    for (const table of tables) {
      for (const row of table.querySelectorAll("tbody tr:not(.category)")) {
        row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
      }
    }
  };
  tables.forEach((table, number) => {
    [...table.tHead.rows[0].cells].forEach((th, index) => {
      if (!th.dataset.sort) return;
      const button = document.createElement("button");
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener("click", () => {
        const descending = th.getAttribute("aria-sort") === "ascending";
        sortBy(table, index, descending);
        state.set("sort" + number, (descending ? "-" : "") + index);
        remember();
      });
    });
    const saved = state.get("sort" + number);
    if (saved && /^-?\d+$/.test(saved)) {
      const index = Math.abs(parseInt(saved, 10));
      if (table.tHead.rows[0].cells[index]?.dataset.sort) sortBy(table, index, saved.startsWith("-"));
    }
  });
  const input = document.createElement("input");
  input.type = "search";
  input.className = "filter";
  input.placeholder = "Filter entries";
  input.setAttribute("aria-label", "Filter entries");
  input.value = state.get("filter") ?? "";
  const apply = () => filter(input.value.toLowerCase().split(/\s+/).filter(Boolean));
  input.addEventListener("input", () => {
    if (input.value) state.set("filter", input.value);
    else state.delete("filter");
    remember();
    apply();
  });
  tables[0].parentElement.before(input);
  apply();
})();
