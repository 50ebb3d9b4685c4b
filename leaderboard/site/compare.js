// Two entries side by side, as the address names them behind "#": team/name,team/name. All figures
// and bars come as texts from compare-data.js; nothing is computed here.
"use strict";
(() => {
  const form = document.getElementById("compare");
  const result = document.getElementById("result");
  const make = (name, text, css) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (css) element.className = css;
    return element;
  };
  const bar = (path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("class", "b");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };
  /** Letters of "a", "ab", "a-f"; numbers of "7", "7,8", "7-12". */
  const groups = (text) => {
    const names = /\d/.test(text) ? text.match(/\d+/g) : text.match(/[a-z]/g);
    if (!names || !text.includes("-")) return names ?? [];
    const code = (name) => (/\d/.test(name) ? Number(name) : name.charCodeAt(0));
    const all = [];
    for (let at = code(names[0]); at <= code(names[1]); ++at) {
      all.push(/\d/.test(names[0]) ? String(at) : String.fromCharCode(at));
    }
    return all;
  };
  const value = (figure) => {
    const cell = make("td");
    if (!Array.isArray(figure)) {
      cell.textContent = figure;
      return cell;
    }
    cell.append(figure[0]);
    if (figure[2]) cell.append(bar(figure[2]));
    if (figure[1]) cell.append(make("small", figure[1]));
    return cell;
  };
  const rank = (place) => (place ? place[0] + (/[a-z]/.test(place[1]) ? " " + place[1] : "") : "–");

  const draw = (headings, a, b) => {
    const table = make("table", undefined, "plain versus");
    const head = table.createTHead().insertRow();
    head.append(make("td"));
    for (const entry of [a, b]) {
      const cell = make("th");
      cell.scope = "col";
      const link = make("a", entry[1]);
      link.href = "entries/" + entry[0] + ".html";
      cell.append(link, make("small", entry[2]));
      head.append(cell);
    }
    const body = table.createTBody();
    const add = (name, left, right) => {
      const row = body.insertRow();
      const cell = make("th", name);
      cell.scope = "row";
      row.append(cell, left, right);
    };
    const names = headings[a[3]];
    names.ranks.forEach((name, i) => add(name, value(rank(a[4][i])), value(rank(b[4][i]))));
    ["energy", "quality", "ratio", "shares", "watts", "speed", "blocks", "version", "date"].forEach(
      (key, i) => {
        if (!String(a[5 + i][0] ?? "") && !String(b[5 + i][0] ?? "")) return;
        add(names[key], value(a[5 + i]), value(b[5 + i]));
      });
    return table;
  };
  // What the table of neighbours says of the two, where they are neighbours.
  const tested = (first, second) => {
    for (const link of document.querySelectorAll("#neighbours td a[href^='#']")) {
      const pair = decodeURIComponent(link.hash.slice(1));
      if (pair !== first + "," + second && pair !== second + "," + first) continue;
      const [entry, energy, neighbour, metric] = link.closest("tr").cells;
      const words = `${entry.textContent} – ${energy.textContent} ${neighbour.textContent}`;
      return metric.textContent ? `${words}; ${metric.dataset.l}${metric.textContent}` : words;
    }
    return "";
  };
  const verdict = (a, b) => {
    if (a[3] !== b[3]) return result.dataset.sections;
    const words = tested(a[0], b[0]);
    if (words) return words;
    const shared = a[4].some((place, i) => place && b[4][i] && groups(place[1]).some(
      (group) => groups(b[4][i][1]).includes(group)));
    return shared ? result.dataset.same : result.dataset.apart;
  };

  const start = () => {
    const { headings, entries } = self.joulebenchCompare;
    const byAddress = new Map(entries.map((entry) => [entry[0], entry]));
    form.hidden = false;
    const list = document.getElementById("names");
    if (entries.length <= 2000) {
      list.append(...entries.map((entry) => {
        const option = make("option", entry[1]);
        option.value = entry[0];
        return option;
      }));
    }
    const show = () => {
      const [first, second] = decodeURIComponent(location.hash.slice(1)).split(",");
      result.replaceChildren();
      result.hidden = !first || !second;
      form.a.value = first ?? "";
      form.b.value = second ?? "";
      if (result.hidden) return;
      const [a, b] = [byAddress.get(first), byAddress.get(second)];
      if (!a || !b) {
        result.append(make("p", result.dataset.missing + ": " + (a ? second : first), "mark"));
        return;
      }
      result.append(make("p", verdict(a, b), "summary"), draw(headings, a, b));
    };
    form.addEventListener("change", () => {
      location.hash = form.a.value + "," + form.b.value;
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("hashchange", show);
    show();
  };
  const data = document.createElement("script");
  data.src = "compare-data.js";
  data.addEventListener("load", start);
  document.head.append(data);
})();
