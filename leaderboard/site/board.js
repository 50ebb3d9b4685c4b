// Sorting, filtering, chosen columns and a word about each point of the chart; the state stands in
// the address, so that a view can be sent to someone. Without it the pages are complete.
"use strict";
(() => {
  const state = new URLSearchParams(location.hash.slice(1));
  const remember = (name, value) => {
    if (value) state.set(name, value);
    else state.delete(name);
    const text = state.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };

  // ---- sorting and filtering ----
  const tables = [...document.querySelectorAll("table[data-filter]")];
  const firstText = (cell) => {
    for (const node of cell.childNodes) {
      if (node.nodeType === 3 && node.data.trim()) return node.data;
    }
    return cell.textContent;
  };
  const cellValue = (row, index, kind) => {
    const cell = row.cells[index];
    if (kind === "text") return cell.textContent.trim().toLowerCase();
    const value = parseFloat(firstText(cell).replace(/[\s\u2007\u2008\u202f]/g, ""));
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
      const rows = [...body.rows].filter((row) => !row.classList.contains("category"));
      const keyed = rows.map((row) => [cellValue(row, index, kind), row]);
      keyed.sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1));
      body.append(...keyed.map(([, row]) => row));
    }
  };
  /** Cards have no header to tap: on phones a choice of the columns that they show stands for it. */
  const makeChoice = (table, sort) => {
    const line = document.createElement("p");
    line.className = "sort";
    const label = document.createElement("label");
    const choice = document.createElement("select");
    const turn = document.createElement("button");
    turn.type = "button";
    turn.textContent = "⇅";
    turn.setAttribute("aria-label", "[[Reverse the order]]");
    label.append("[[Sort by]] ", choice);
    line.append(label, turn);
    const asListed = new Option("[[as listed]]", "", true, true);
    asListed.disabled = true;
    choice.add(asListed);
    [...table.tHead.rows[0].cells].forEach((th, index) => {
      if (!th.dataset.sort || th.matches(".w, .d, .c, .k, .v, .y")) return;
      choice.add(new Option(th.querySelector("button").textContent.trim().replace(/\s+/g, " "), index));
    });
    const sorted = () => [...table.tHead.rows[0].cells].find((th) => th.hasAttribute("aria-sort"));
    const showSorted = () => { if (sorted()) choice.value = sorted().cellIndex; };
    choice.addEventListener("change", () => sort(Number(choice.value), false));
    turn.addEventListener("click", () => {
      const th = sorted() ?? table.tHead.querySelector(".e");
      sort(th.cellIndex, th.getAttribute("aria-sort") !== "descending");
      showSorted();
    });
    table.parentElement.before(line);
    return showSorted;
  };
  const makeSortable = (table, number) => {
    const sort = (index, descending) => {
      sortBy(table, index, descending);
      remember("sort" + number, (descending ? "-" : "") + index);
    };
    [...table.tHead.rows[0].cells].forEach((th, index) => {
      if (!th.dataset.sort) return;
      const button = document.createElement("button");
      button.type = "button";
      const help = th.querySelector(".q");
      button.append(...[...th.childNodes].filter((node) => node !== help));
      th.prepend(button);
      button.addEventListener("click", () => {
        sort(index, th.getAttribute("aria-sort") === "ascending");
        showSorted();
      });
    });
    const showSorted = makeChoice(table, sort);
    const saved = state.get("sort" + number);
    if (!saved || !/^-?\d+$/.test(saved)) return;
    const index = Math.abs(parseInt(saved, 10));
    if (!table.tHead.rows[0].cells[index]?.dataset.sort) return;
    sortBy(table, index, saved.startsWith("-"));
    showSorted();
  };
  tables.forEach(makeSortable);

  const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const filter = (words) => {
    for (const table of tables) {
      for (const row of table.querySelectorAll("tbody tr:not(.category)")) {
        row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
      }
    }
  };
  /** Of a board of several pages: all entries, by a small index that is read when it is needed. */
  const searchAll = (() => {
    let index;
    const list = document.createElement("ul");
    list.className = "found";
    list.setAttribute("aria-live", "polite");
    const load = () => new Promise((done) => {
      if (self.joulebenchSearch) return done();
      const script = document.createElement("script");
      script.src = "search-data.js";
      script.addEventListener("load", () => done());
      document.head.append(script);
    });
    const show = async (words) => {
      list.replaceChildren();
      if (!words.length) return;
      await load();
      index ??= self.joulebenchSearch.map((one) => [(one[0] + " " + one[1]).toLowerCase(), one]);
      const found = [];
      for (const [text, one] of index) {
        if (words.every((word) => text.includes(word)) && found.push(one) === 30) break;
      }
      list.replaceChildren(...found.map(([name, team, address]) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = "entries/" + address + ".html";
        link.textContent = name;
        item.append(link, team ? " " + team : "");
        return item;
      }));
    };
    return { list, show };
  })();
  if (tables.length) {
    const input = document.createElement("input");
    input.type = "search";
    input.className = "filter";
    input.placeholder = "[[Find entries]]";
    input.setAttribute("aria-label", "[[Find entries]]");
    input.value = state.get("filter") ?? "";
    const isLarge = document.querySelector(".pages") !== null;
    const apply = () => {
      const words = wordsOf(input.value);
      filter(words);
      if (isLarge) searchAll.show(words);
    };
    input.addEventListener("input", () => {
      remember("filter", input.value);
      apply();
    });
    document.querySelector(".columns").before(input, searchAll.list);
    if (input.value) apply();
  }

  // ---- columns ----
  const boxes = [...document.querySelectorAll(".columns input")];
  const chosen = new Set((state.get("columns") ?? "").split(""));
  for (const box of boxes) {
    if (chosen.has(box.name)) {
      box.checked = true;
      box.closest("details").open = true;
    }
    box.addEventListener("change", () => {
      for (const other of boxes) if (other.name === box.name) other.checked = box.checked;
      remember("columns", [...new Set(boxes.filter((one) => one.checked).map((one) => one.name))].join(""));
    });
  }

  // ---- the chart ----
  const rowsByLink = new Map();
  for (const table of tables) {
    for (const link of table.querySelectorAll("tbody th a")) rowsByLink.set(link.getAttribute("href"), link.closest("tr"));
  }
  const wordsAbout = (link) => {
    const row = rowsByLink.get(link.getAttribute("href"));
    if (!row) return link.getAttribute("aria-label") ?? "";
    const table = row.closest("table");
    const unit = (css) => table.tHead.querySelector(css + " small")?.textContent ?? "";
    const text = (css) => firstText(row.querySelector(css)).trim();
    const rank = [...row.querySelectorAll(".r")].map((cell) => cell.dataset.l + ": " + cell.textContent);
    return row.querySelector("th a").textContent + "\n" + text(".e") + " " + unit(".e") + ", " +
      text(".a") + " " + unit(".a") + "\n" + rank.join("; ");
  };
  for (const plot of document.querySelectorAll(".plot")) {
    const area = plot.querySelector("svg[role=group] .fill");
    if (!area) continue;
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    plot.append(tip);
    const links = [...area.querySelectorAll("a")];
    let lit;
    const show = (link) => {
      if (lit === link) return;
      lit?.classList.remove("lit");
      lit = link;
      tip.hidden = !link;
      if (!link) return;
      link.classList.add("lit");
      tip.textContent = wordsAbout(link);
      const box = link.getBoundingClientRect();
      const frame = plot.getBoundingClientRect();
      const left = box.left - frame.left + 14;
      tip.style.left = Math.max(0, Math.min(left, frame.width - tip.offsetWidth)) + "px";
      tip.style.top = box.top - frame.top + 14 + "px";
    };
    /** The nearest point within reach, so that nobody has to hit seven pixels. */
    const nearest = (event) => {
      let best;
      let least = 18 ** 2;
      for (const link of links) {
        const box = link.getBoundingClientRect();
        const distance = (box.left + box.width / 2 - event.clientX) ** 2 +
          (box.top + box.height / 2 - event.clientY) ** 2;
        if (distance < least) [best, least] = [link, distance];
      }
      return best;
    };
    const chart = plot.querySelector(".chart");
    chart.addEventListener("pointermove", (event) => show(nearest(event)));
    chart.addEventListener("pointerleave", () => show(undefined));
    chart.addEventListener("click", (event) => {
      if (event.target.closest("a")) return;
      const link = nearest(event);
      if (link) location.href = link.getAttribute("href");
    });
    area.addEventListener("focusin", (event) => show(event.target.closest("a")));
    area.addEventListener("focusout", () => show(undefined));
  }
})();
