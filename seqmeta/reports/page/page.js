"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const STATES = data.states;
  const PAGE = 50;
  const SVG = "http://www.w3.org/2000/svg";
  const compareText = new Intl.Collator("en", { numeric: true }).compare;

  // What there is, by kind and UUID. Tables travel as columns and rows: a row becomes an object here.
  const tables = {};
  for (const [name, table] of Object.entries(data.tables)) {
    tables[name] = table.rows.map((row) => Object.fromEntries(table.columns.map((key, place) => [key, row[place]])));
  }
  const byUuid = {};
  for (const [kind, name] of [["submission", "submissions"], ["order", "orders"], ["run", "runs"]]) {
    byUuid[kind] = new Map(tables[name].map((row) => [row.uuid, row]));
  }

  // Everything is made with textContent and attributes: no text of a record is ever read as markup.
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null) element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  }

  function nameOf(kind, uuid) {
    const row = byUuid[kind].get(uuid);
    return row ? row.name : uuid;
  }

  function linkTo(kind, uuid) {
    if (!byUuid[kind].has(uuid)) return make("span", {}, uuid);
    return make("a", { href: `#${kind}/${uuid}` }, nameOf(kind, uuid));
  }

  function countStates(row) {
    const counts = STATES.map(() => 0);
    for (const [, state, number] of row.requests) counts[state] += number;
    return counts;
  }

  function describeCounts(counts) {
    const parts = counts.map((number, place) => [number, STATES[place]]).filter(([number]) => number);
    return parts.map(([number, state]) => `${number} ${state}`).join(", ");
  }

  const DRAWN = ["passed", "started", "failed", "hold", "blocked", "pending", "cancelled"];

  function progressBar(row) {
    const counts = countStates(row);
    const total = counts.reduce((sum, number) => sum + number, 0);
    if (!total) return make("span", { class: "note" }, "no requests");
    const label = `${row.percent} % passed: ${describeCounts(counts)}`;
    const svg = document.createElementNS(SVG, "svg");
    const attributes = { viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": label };
    for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
    let x = 0;
    for (const state of DRAWN) {
      const width = (100 * counts[STATES.indexOf(state)]) / total;
      if (!width) continue;
      const rect = document.createElementNS(SVG, "rect");
      const box = { x, y: 0, width, height: 10, class: `state-${state}` };
      for (const [key, value] of Object.entries(box)) rect.setAttribute(key, value);
      svg.append(rect);
      x += width;
    }
    const title = document.createElementNS(SVG, "title");
    title.textContent = label;
    svg.prepend(title);
    return make("div", { class: "bar" }, svg, make("span", {}, `${row.percent} %`));
  }

  const plain = { text: (value) => value ?? "", order: (value) => value ?? "" };
  const TYPES = {
    text: { ...plain, show: (value) => value ?? "" },
    tag: { ...plain, show: (value) => make("span", { class: `tag tag-${value}` }, value ?? "") },
    code: { ...plain, show: (value) => make("code", {}, value ?? "") },
    number: { text: (value) => String(value ?? ""), order: (value) => value ?? -1, show: (value) => String(value ?? ""), isNumber: true },
    amount: { text: (value) => value, order: Number, show: (value) => value, isNumber: true },
    time: {
      ...plain,
      show: (value) => (value ? make("time", { datetime: value }, value.slice(0, 16).replace("T", " ")) : ""),
    },
    bar: { text: () => "", order: (value, row) => (value === null ? -1 : value), show: (value, row) => progressBar(row) },
  };
  function link(kind) {
    return {
      text: (value) => (value ? nameOf(kind, value) : ""),
      order: (value) => (value ? nameOf(kind, value) : ""),
      show: (value) => (value ? linkTo(kind, value) : ""),
    };
  }
  function links(kind) {
    return {
      text: (value) => value.map((uuid) => nameOf(kind, uuid)).join(" "),
      order: (value) => value.length,
      show: (value) => {
        const shown = value.slice(0, 3).flatMap((uuid, place) => (place ? [", ", linkTo(kind, uuid)] : [linkTo(kind, uuid)]));
        if (value.length > 3) shown.push(` and ${value.length - 3} more`);
        return make("span", {}, ...shown);
      },
      isNumber: false,
    };
  }
  function self(kind) {
    return { ...plain, show: (value, row) => linkTo(kind, row.uuid) };
  }
  const target = {
    ...plain,
    show: (value, row) => {
      if (!row.target) return value;
      const [kind, uuid] = row.target.split("/");
      return make("a", { href: `#${kind}/${uuid}` }, value);
    },
  };

  // key, heading, type, and whether one can filter by it
  const VIEWS = {
    submissions: [
      ["name", "Submission", self("submission")],
      ["state", "State", TYPES.tag, true],
      ["priority", "Priority", TYPES.number, true],
      ["percent", "Progress", TYPES.bar],
      ["orders", "Orders", links("order")],
    ],
    orders: [
      ["name", "Order", self("order")],
      ["state", "State", TYPES.tag, true],
      ["percent", "Progress", TYPES.bar],
      ["study", "Study", TYPES.text, true],
      ["project", "Project", TYPES.text, true],
      ["template", "Template", TYPES.text, true],
      ["assets", "Assets", TYPES.number],
      ["submission", "Submission", link("submission")],
      ["runs", "Runs", links("run")],
    ],
    waiting: [
      ["what", "What", TYPES.text, true],
      ["waits_for", "Waits for", TYPES.text, true],
      ["number", "How many", TYPES.number],
      ["priority", "Priority", TYPES.number, true],
      ["submission", "Submission", link("submission")],
      ["order", "Order", link("order")],
      ["study", "Study", TYPES.text, true],
    ],
    runs: [
      ["name", "Run", self("run")],
      ["start", "Start", TYPES.time],
      ["instrument", "Instrument", TYPES.text, true],
      ["make", "Make", TYPES.text, true],
      ["library", "Library", TYPES.text],
      ["biosamples", "Biosamples", TYPES.number],
      ["study", "Study", TYPES.text, true],
      ["orders", "Orders", links("order")],
    ],
    charges: [
      ["project", "Project", TYPES.text],
      ["charged", "Charged", TYPES.number],
      ["refunded", "Refunded", TYPES.number],
      ["unpriced", "Without a price", TYPES.number],
      ["amount", "Amount", TYPES.amount],
    ],
    studies: [
      ["study", "Study", TYPES.text],
      ["requests", "Requests", TYPES.number],
      ["passed", "Passed", TYPES.number],
      ["failed", "Failed", TYPES.number],
      ["open", "Open", TYPES.number],
      ["cancelled", "Cancelled", TYPES.number],
      ["runs", "Runs", TYPES.number],
      ["biosamples", "Biosamples", TYPES.number],
    ],
    notices: [
      ["severity", "Severity", TYPES.tag, true],
      ["code", "Code", TYPES.code, true],
      ["where", "Where", target],
      ["message", "What", TYPES.text],
    ],
  };

  // Fewer characters are part of too many UUIDs.
  function isPartOfUuid(word, row) {
    return word.length >= 6 && row.uuid !== undefined && row.uuid !== null && row.uuid.includes(word);
  }

  class TableView {
    constructor(name, columns) {
      this.name = name;
      this.columns = columns;
      this.rows = tables[name];
      this.page = 0;
      this.sorted = null;
      this.direction = 1;
      this.filters = new Map();
      this.texts = null;
      const section = document.getElementById(`view-${name}`);
      this.label = section.querySelector("h2").textContent;
      section.append(this.makeControls(), this.makeTable(), this.makePager());
      this.update();
    }

    makeControls() {
      const id = `search-${this.name}`;
      this.search = make("input", { type: "search", id, autocomplete: "off", placeholder: "words or a UUID" });
      this.search.addEventListener("input", () => this.restart());
      const controls = make("div", { class: "controls", role: "search", "aria-label": this.label });
      controls.append(make("div", {}, make("label", { for: id }, "Search (press /)"), this.search));
      for (const [key, heading, type, isFilter] of this.columns) {
        if (isFilter) controls.append(this.makeFilter(key, heading, type));
      }
      const reset = make("button", { type: "button" }, "Show all");
      reset.addEventListener("click", () => this.show({}));
      controls.append(reset);
      return controls;
    }

    makeFilter(key, heading, type) {
      const counts = new Map();
      for (const row of this.rows) {
        const text = type.text(row[key], row);
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
      const id = `filter-${this.name}-${key}`;
      const select = make("select", { id }, make("option", { value: "" }, "all"));
      for (const text of [...counts.keys()].sort(compareText)) {
        if (text !== "") select.append(make("option", { value: text }, `${text} (${counts.get(text)})`));
      }
      select.addEventListener("change", () => this.restart());
      this.filters.set(key, [select, type]);
      return make("div", {}, make("label", { for: id }, heading), select);
    }

    makeTable() {
      const heads = this.columns.map(([key, heading, type], place) => {
        const button = make("button", { type: "button" }, heading);
        button.addEventListener("click", () => this.sortBy(place));
        return make("th", { scope: "col", "aria-sort": "none", class: type.isNumber ? "number" : null }, button);
      });
      this.heads = heads;
      this.body = make("tbody");
      const table = make("table", { "aria-label": this.label }, make("thead", {}, make("tr", {}, ...heads)), this.body);
      return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${this.label}: table` }, table);
    }

    makePager() {
      const button = (text, to) => {
        const made = make("button", { type: "button" }, text);
        made.addEventListener("click", () => {
          this.page = to();
          this.render();
        });
        return made;
      };
      const last = () => Math.max(Math.ceil(this.found.length / PAGE) - 1, 0);
      this.back = [button("First", () => 0), button("Previous", () => this.page - 1)];
      this.forth = [button("Next", () => this.page + 1), button("Last", last)];
      this.status = make("span", { role: "status" });
      return make("div", { class: "pager" }, ...this.back, this.status, ...this.forth);
    }

    /** Show the rows with these values of columns; `q` is searched for. */
    show(wanted) {
      this.search.value = wanted.q ?? "";
      for (const [key, [select]] of this.filters) select.value = wanted[key] ?? "";
      this.restart();
    }

    restart() {
      this.page = 0;
      this.update();
    }

    sortBy(place) {
      this.direction = this.sorted === place ? -this.direction : 1;
      this.sorted = place;
      this.heads.forEach((head, index) => {
        const way = this.direction > 0 ? "ascending" : "descending";
        head.setAttribute("aria-sort", index === place ? way : "none");
      });
      this.restart();
    }

    update() {
      const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const chosen = [...this.filters].filter(([, [select]]) => select.value !== "");
      if (words.length && this.texts === null) this.texts = new Map(this.rows.map((row) => [row, this.textOf(row)]));
      this.found = this.rows.filter(
        (row) =>
          chosen.every(([key, [select, type]]) => type.text(row[key], row) === select.value) &&
          words.every((word) => this.texts.get(row).includes(word) || isPartOfUuid(word, row)),
      );
      if (this.sorted !== null) this.sortFound();
      this.render();
    }

    /** What is searched: all that is text; a number means something only beside its heading. */
    textOf(row) {
      const cells = this.columns.filter(([, , type]) => !type.isNumber).map(([key, , type]) => type.text(row[key], row));
      return [...cells, row.comments ?? ""].join("\n").toLowerCase();
    }

    sortFound() {
      const [key, , type] = this.columns[this.sorted];
      const keyed = this.found.map((row) => [type.order(row[key], row), row]);
      keyed.sort(([one], [other]) => {
        const way = typeof one === "number" ? one - other : compareText(one, other);
        return way * this.direction;
      });
      this.found = keyed.map(([, row]) => row);
    }

    render() {
      const start = this.page * PAGE;
      const shown = this.found.slice(start, start + PAGE);
      this.body.replaceChildren(...shown.map((row) => this.makeRow(row)));
      if (!shown.length) {
        const cell = make("td", { colspan: this.columns.length, class: "empty" }, this.rows.length ? "Nothing matches." : "Nothing here yet.");
        this.body.append(make("tr", {}, cell));
      }
      const range = shown.length ? `${start + 1} to ${start + shown.length} of ${this.found.length}` : "0";
      const all = this.found.length === this.rows.length ? "" : ` (${this.rows.length} in all)`;
      this.status.textContent = range + all;
      for (const button of this.back) button.disabled = this.page === 0;
      for (const button of this.forth) button.disabled = start + PAGE >= this.found.length;
    }

    makeRow(row) {
      const cells = this.columns.map(([key, , type], place) => {
        const content = type.show(row[key], row);
        const style = type.isNumber ? "number" : type === TYPES.time ? "time" : null;
        return place === 0 ? make("th", { scope: "row" }, content) : make("td", { class: style }, content);
      });
      return make("tr", {}, ...cells);
    }
  }

  // Details of one submission, order or run, with the way on to what belongs to it.
  const DETAILS = {
    submission: [
      ["State", (row) => row.state],
      ["Priority", (row) => String(row.priority)],
      ["Supersedes", (row) => row.supersedes && linkTo("submission", row.supersedes)],
      ["Orders", (row) => listLinks("order", row.orders)],
      ["Comments", (row) => row.comments],
    ],
    order: [
      ["State", (row) => row.state],
      ["Study", (row) => row.study],
      ["Project", (row) => row.project],
      ["Template", (row) => row.template],
      ["Assets", (row) => String(row.assets)],
      ["Submission", (row) => row.submission && linkTo("submission", row.submission)],
      ["Runs", (row) => listLinks("run", row.runs)],
      ["Comments", (row) => row.comments],
    ],
    run: [
      ["Start", (row) => row.start],
      ["Instrument", (row) => row.instrument],
      ["Make", (row) => row.make],
      ["Library", (row) => row.library],
      ["Biosamples", (row) => String(row.biosamples)],
      ["Study", (row) => row.study],
      ["Requests fulfilled", (row) => String(row.requests)],
      ["Orders", (row) => listLinks("order", row.orders)],
    ],
  };

  function listLinks(kind, uuids) {
    if (!uuids.length) return null;
    return make("ul", { class: "links" }, ...uuids.map((uuid) => make("li", {}, linkTo(kind, uuid))));
  }

  function requestTable(row) {
    const byType = new Map();
    for (const [type, state, number] of row.requests) {
      if (!byType.has(type)) byType.set(type, STATES.map(() => 0));
      byType.get(type)[state] = number;
    }
    const heads = STATES.map((state) => make("th", { scope: "col", class: "number" }, state));
    heads.unshift(make("th", { scope: "col" }, "Request type"));
    const rows = [...byType].map(([type, counts]) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, data.types[type]),
        ...counts.map((number) => make("td", { class: "number" }, String(number))),
      ),
    );
    const table = make("table", { "aria-label": "Requests" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Requests" }, table);
  }

  function showDetail(kind, uuid) {
    const row = byUuid[kind]?.get(uuid);
    const heading = document.getElementById("head-detail");
    const place = document.getElementById("detail");
    if (!row) {
      heading.textContent = "Not found";
      place.replaceChildren(make("p", {}, `The records of this page have no such ${kind}.`));
      return;
    }
    heading.textContent = `${kind[0].toUpperCase()}${kind.slice(1)} ${row.name}`;
    const list = make("dl", {}, make("dt", {}, "UUID"), make("dd", {}, make("code", {}, row.uuid)));
    for (const [label, show] of DETAILS[kind]) {
      const value = show(row);
      if (value) list.append(make("dt", {}, label), make("dd", {}, value));
    }
    place.replaceChildren(list);
    if (Array.isArray(row.requests) && row.requests.length) {
      place.append(make("h3", {}, "Requests"), progressBar(row), requestTable(row));
    }
  }

  // Routes: #orders, #orders?state=sealed&q=…, #order/UUID
  const views = new Map();
  const title = document.title;

  function go(isFirst) {
    const [path, query] = location.hash.slice(1).split("?", 2);
    const [kind, uuid] = path.split("/");
    const isDetail = uuid !== undefined && Object.hasOwn(DETAILS, kind);
    const name = isDetail ? "detail" : Object.hasOwn(VIEWS, path) ? path : "overview";
    if (isDetail) showDetail(kind, uuid);
    if (Object.hasOwn(VIEWS, name) && !views.has(name)) views.set(name, new TableView(name, VIEWS[name]));
    if (query !== undefined) views.get(name)?.show(Object.fromEntries(new URLSearchParams(query)));
    for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== `view-${name}`;
    const current = isDetail ? `${kind}s` : name;
    for (const anchor of document.querySelectorAll("#nav a")) {
      if (anchor.getAttribute("href") === `#${current}`) anchor.setAttribute("aria-current", "page");
      else anchor.removeAttribute("aria-current");
    }
    const heading = document.getElementById(`head-${name}`);
    document.title = name === "overview" ? title : `${heading.textContent} – ${title}`;
    if (!isFirst) {
      heading.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }

  addEventListener("hashchange", () => go(false));
  addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, select, textarea");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.querySelector(".view:not([hidden]) input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  });
  go(true);
})();
