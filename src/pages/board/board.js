"use strict";
(() => {
  const begun = performance.now();
  const byId = (id) => document.getElementById(id);
  const grid = byId("grid");
  const board = JSON.parse(byId("board").textContent);
  /** What each state looks like beside its colour; in the order in which they are counted. */
  const KINDS = {
    stuck: ["✗", "stuck"],
    unknown: ["?", "unreadable"],
    incomplete: ["!", "incomplete"],
    working: ["▸", "working"],
    ready: ["✓", "ready"],
    paused: ["‖", "paused"],
    absent: ["·", "absent"],
  };
  const MINUTE = 60_000;
  /** What is left of a lab's time when people should know. */
  const SOON = 30 * MINUTE;
  /** More changes at once than these are told as a number. */
  const SAID = 3;
  /** As many of the stuck as are shown large. */
  const LARGE = 8;
  /** Letters of names that the back row reads: a part of the picture's height, but no fewer pixels than are read nearby. */
  const readable = () => Math.max(12, innerHeight / 67.5);

  let head = board.head;
  let seats = new Map(board.seats.map((seat) => [seat.key, seat]));
  let id = board.id;
  let kind = null;
  let shownKey = null;
  const tiles = new Map();

  // Time: the service's clock, which may be faster than the one on the wall.
  let base = { at: board.at, received: performance.now() };
  const now = () => {
    if (head.is_live) return base.at + (performance.now() - base.received) * head.speed;
    return head.speed === 1 ? Date.now() : base.at;
  };
  const span = (ms) => {
    const minutes = Math.floor(Math.max(0, ms) / MINUTE);
    if (minutes < 1) return "<1m";
    if (minutes < 60) return `${minutes}m`;
    if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
    return `${Math.floor(minutes / 1440)}d ${Math.floor((minutes % 1440) / 60)}h`;
  };
  const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const left = (seat) => (seat.expires <= now() ? "expired" : span(seat.expires - now()));
  const title = (seat) => seat.name ?? seat.lab;

  const isSoon = (seat) => seat.expires !== undefined && seat.expires - now() < SOON;

  /** What a seat of one line says behind its name: what its colour and its sign do not. */
  const brief = (seat) => {
    switch (seat.kind) {
      case "stuck": return span(now() - seat.since);
      case "working": return span(now() - (seat.run ? seat.run[1] : seat.since));
      case "ready":
        if (isSoon(seat)) return left(seat);
        if (seat.checks) return seat.checks.warned.length > 0 ? "warned" : "";
        return head.verifies ? "…" : "";
      default: return "";
    }
  };

  /** The second line of a seat. */
  const told = (seat) => {
    const until = seat.expires === undefined ? [] : [left(seat)];
    switch (seat.kind) {
      case "stuck": return [`stuck ${span(now() - seat.since)}`];
      case "working": return seat.run ? [seat.run[0], span(now() - seat.run[1])] : [seat.word];
      case "ready": {
        const { checks } = seat;
        const how = !checks ? seat.word : checks.warned.length > 0 ? "warned" : "checked";
        return [how, ...until];
      }
      default: return [seat.word];
    }
  };

  // Drawing. Texts are set as text, never as HTML.
  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const put = (node, text) => {
    if (node.textContent !== text) node.textContent = text;
  };

  // A copy costs less than its parts, and a class has a thousand.
  const blank = element("li");
  {
    const button = element("button");
    button.type = "button";
    button.tabIndex = -1;
    const sign = element("span", "sign");
    sign.setAttribute("aria-hidden", "true");
    // The space is not seen, and parts the words for who reads the text.
    button.append(sign, element("span", "name"), " ", element("span", "told"));
    blank.append(button);
  }
  const newTile = (key) => {
    const item = blank.cloneNode(true);
    const button = item.firstChild;
    button.dataset.key = key;
    const [sign, name, told] = button.children;
    const tile = { item, button, sign, name, told, label: "", brief: "", seat: null };
    tiles.set(key, tile);
    return tile;
  };

  const draw = (tile, seat) => {
    if (tile.seat !== seat) {
      tile.seat = seat;
      tile.button.dataset.kind = seat.kind;
      put(tile.sign, KINDS[seat.kind][0]);
      put(tile.name, title(seat));
    }
    const words = told(seat);
    const second = words.join(" · ");
    // What is seen is what is read out first, in its order: who speaks to a computer says what is seen.
    const label = [title(seat), second, seat.kind === "ready" ? KINDS.ready[1] : "", seat.why].filter(Boolean).join(", ");
    if (tile.label !== label) {
      tile.label = label;
      put(tile.told, second);
      tile.button.setAttribute("aria-label", label);
    }
    const short = brief(seat);
    if (tile.brief !== short) {
      tile.brief = short;
      tile.button.dataset.brief = short;
    }
    tile.button.classList.toggle("soon", isSoon(seat));
  };

  const text = (seat) => `${title(seat)} ${seat.lab} ${seat.word} ${seat.why ?? ""} ${seat.location}`.toLowerCase();
  const isShown = (seat) => {
    const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    return (kind === null || seat.kind === kind) && (words.length === 0 || words.every((word) => text(seat).includes(word)));
  };

  // What main measures. Measured before the seats are in it, and when it changes: reading it among them would lay out all of them.
  let room = { width: 0, height: 0 };
  const measure = () => {
    const { clientWidth: width, clientHeight: height } = grid.parentElement;
    room = { width, height };
  };
  let shownCount = 0;

  // How wide a text is, in heights of its letters: fonts differ from machine to machine.
  const pen = element("canvas").getContext("2d");
  pen.font = `600 100px ${getComputedStyle(document.body).fontFamily}`;
  const widths = new Map();
  const wide = (text) => {
    if (!widths.has(text)) widths.set(text, pen.measureText(text).width / 98); // Small letters are rounded up.
    return widths.get(text);
  };
  /** The width that a seat should have, in heights of its letters: three in four are whole, unless their names are wider than `most`. */
  const usual = (isDense, most) => {
    const whole = (seat) => {
      const behind = isDense ? brief(seat) : "";
      return Math.min(most, wide(title(seat))) + (behind === "" ? 0 : 0.35 + 0.85 * wide(behind));
    };
    const all = [...seats.values()].map(whole).sort((one, other) => one - other);
    // The sign, what parts it from the name, and the edges.
    return 2.05 + Math.max(4.8, all[Math.floor(all.length * 0.75)] ?? 0);
  };

  /** Columns and letters as large as all the seats leave room for. */
  const fit = () => {
    const count = shownCount;
    if (count === 0 || matchMedia("(max-width: 55rem)").matches) {
      for (const name of ["--columns", "--row", "--font"]) grid.style.removeProperty(name);
      grid.classList.remove("dense");
      return;
    }
    const GAP = 4, EDGE = 6;
    const { width, height } = room;
    const least = readable();
    let best = { font: 0 };
    for (const [lines, isDense, most] of [[2.25, false, 9], [1.3, true, 7.8]]) {
      const letters = usual(isDense, most);
      for (let columns = 1; columns <= Math.min(count, 60); columns += 1) {
        const rows = Math.ceil(count / columns);
        const row = (height - GAP * (rows - 1)) / rows;
        const column = (width - GAP * (columns - 1)) / columns;
        const font = Math.min((row - EDGE) / lines, (column - EDGE) / letters, 40);
        // The second line is given up only for letters that would else be too small.
        if (font > best.font && (best.isDense === isDense || !best.columns || best.font < least)) best = { font, columns, row: Math.min(row, font * 4.5), isDense };
      }
    }
    if (best.font === 0) return;
    grid.style.setProperty("--columns", best.columns);
    grid.style.setProperty("--row", `${best.row}px`);
    grid.style.setProperty("--font", `${best.font}px`);
    grid.classList.toggle("dense", best.isDense);
  };

  const select = () => {
    let count = 0;
    for (const [key, seat] of seats) {
      const { item } = tiles.get(key);
      const hidden = !isShown(seat);
      if (item.hidden !== hidden) item.hidden = hidden;
      count += hidden ? 0 : 1;
    }
    byId("none").hidden = count > 0;
    put(byId("none"), seats.size === 0 ? "There is no lab yet." : "No seat fits the filter.");
    for (const button of byId("counts").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    }
    shownCount = count;
    rove();
    fit();
    return count;
  };

  /** One seat is reached by Tab, the rest by arrows. */
  const shown = () => [...grid.querySelectorAll(":scope > li:not([hidden]) > button")];
  const rove = (to) => {
    const current = grid.querySelector("button[tabindex='0']");
    const next = to ?? (current && !current.parentElement.hidden ? current : shown()[0]);
    if (current && current !== next) current.tabIndex = -1;
    if (next && next.tabIndex !== 0) next.tabIndex = 0;
  };

  const counted = () => {
    const counts = {};
    for (const seat of seats.values()) counts[seat.kind] = (counts[seat.kind] ?? 0) + 1;
    return Object.keys(KINDS).filter((one) => counts[one]).map((one) => [one, counts[one]]);
  };

  const drawHead = () => {
    const list = byId("counts");
    const all = counted();
    const had = [...list.querySelectorAll("button")].map((button) => button.dataset.kind).join();
    if (had !== all.map(([one]) => one).join()) {
      const focused = document.activeElement?.closest?.("#counts button")?.dataset.kind;
      list.replaceChildren(...all.map(([one]) => {
        const item = element("li");
        const button = element("button");
        button.type = "button";
        button.dataset.kind = one;
        button.setAttribute("aria-pressed", String(one === kind));
        item.append(button);
        return item;
      }));
      if (focused) list.querySelector(`button[data-kind="${focused}"]`)?.focus();
      if (kind !== null && !all.some(([one]) => one === kind)) {
        kind = null;
        select();
      }
    }
    for (const [one, count] of all) {
      put(list.querySelector(`button[data-kind="${one}"]`), `${KINDS[one][0]} ${count} ${KINDS[one][1]}`);
    }
    const ends = [...seats.values()].map((seat) => seat.expires).filter((at) => at !== undefined);
    const first = ends.length > 0 ? Math.min(...ends) : null;
    const word = new Set(ends).size > 1 ? "first ends" : "ends";
    put(byId("ends"), first === null ? "" : first <= now() ? "expired" : `${word} in ${span(first - now())}`);
  };

  const drawTrouble = () => {
    const stuck = [...seats.values()].filter((seat) => seat.kind === "stuck").sort((one, other) => one.since - other.since);
    const list = byId("trouble-list");
    byId("trouble").hidden = stuck.length === 0;
    // What stops one often stops many: each reason is told once.
    const reasons = new Map();
    for (const seat of stuck.slice(0, LARGE)) {
      const why = seat.why ?? seat.word;
      reasons.set(why, [...(reasons.get(why) ?? []), [seat.key, title(seat), ` ${span(now() - seat.since)}`]]);
    }
    const rows = [...reasons].map(([why, all]) => [`${why}: `, all]);
    if (stuck.length > LARGE) rows.push(["", [["", `and ${stuck.length - LARGE} more`, ""]]]);
    const signature = JSON.stringify(rows);
    if (list.dataset.signature !== signature) {
      list.dataset.signature = signature;
      const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
      list.replaceChildren(...rows.map(([why, all]) => {
        const item = element("li");
        item.append(element("span", "why", why), ...all.flatMap(([key, name, since]) => {
          const button = element("button");
          button.type = "button";
          button.dataset.key = key;
          button.append(element("b", "", name), since);
          return [button, " "];
        }));
        return item;
      }));
      if (focused !== undefined) [...list.querySelectorAll("button")].find((one) => one.dataset.key === focused)?.focus();
    }
  };

  const drawStale = () => {
    const { stale } = head;
    const lost = connection.lost;
    const told = stale
      ? `Stale since ${clock(stale.since)} (${span(now() - stale.since)}): ${stale.why}; azlab keeps trying`
      : lost ? `Stale since ${clock(lost)}: the connection to azlab is lost; the page keeps trying` : "";
    const node = byId("stale");
    node.hidden = told === "";
    put(node, told);
    const place = head.is_sandbox ? " (sandbox)" : "";
    const state = !head.is_live ? "file" : connection.ended ? "ended" : lost ? "lost" : stale ? "stale" : "live";
    byId("live").dataset.live = state;
    put(byId("live"), {
      file: `As of ${new Date(base.at).toLocaleString()}${place}`,
      ended: `azlab board has ended; this was its last state, at ${clock(base.at)}${place}`,
      lost: `Not connected${place}`,
      stale: `Connected; Azure cannot be read${place}`,
      live: `Live${place}`,
    }[state]);
  };

  const drawAll = () => {
    const order = [...seats.keys()];
    const had = [...grid.children].map((item) => item.firstChild.dataset.key);
    for (const key of tiles.keys()) {
      if (!seats.has(key)) {
        tiles.get(key).item.remove();
        tiles.delete(key);
      }
    }
    for (const [key, seat] of seats) draw(tiles.get(key) ?? newTile(key), seat);
    drawHead();
    drawTrouble();
    drawStale();
    if (had.length === 0) measure();
    if (had.length !== order.length || had.some((key, index) => key !== order[index])) {
      const fragment = document.createDocumentFragment();
      fragment.append(...order.map((key) => tiles.get(key).item));
      const focused = grid.contains(document.activeElement) ? document.activeElement : null;
      grid.append(fragment);
      focused?.focus();
    }
    select();
    drawDialog();
  };

  const say = (changed) => {
    const counts = counted().map(([one, count]) => `${count} ${KINDS[one][1]}`).join(", ");
    const which = changed.length > SAID
      ? `${changed.length} seats changed`
      : changed.map((seat) => `${title(seat)}: ${[seat.word, seat.why].filter(Boolean).join(", ")}`).join("; ");
    byId("said").textContent = `${which}. ${counts}`;
  };

  // One seat.
  const dialog = byId("seat");
  const drawDialog = () => {
    const seat = shownKey === null ? undefined : seats.get(shownKey);
    if (!seat) {
      if (dialog.open) dialog.close();
      return;
    }
    put(byId("seat-name"), title(seat));
    const { checks } = seat;
    const facts = [
      ["Lab", seat.name ? seat.lab : null],
      ["State", `${KINDS[seat.kind][0]} ${seat.word}, as far as seen since ${clock(seat.since)} (${span(now() - seat.since)})`],
      ["Why", seat.why],
      ["At work", seat.run ? `${seat.run[0]} since ${clock(seat.run[1])} (${span(now() - seat.run[1])})` : null],
      ["Checks of verify", !checks
        ? (head.verifies ? (seat.kind === "ready" ? "not made yet" : "made when it is ready") : null)
        : [`${checks.passed} passed`, checks.failed.length > 0 ? `failed: ${checks.failed.join(", ")}` : null,
          checks.warned.length > 0 ? `warned: ${checks.warned.join(", ")}` : null, `since ${clock(checks.since)}`].filter(Boolean).join("; ")],
      ["Ends", seat.expires === undefined ? null : `${new Date(seat.expires).toLocaleString()} (${left(seat)})`],
      ["Location", seat.location],
      ...seat.rows.map((row) => [row.what, row.state]),
      ...(seat.ids ?? []),
    ].filter(([, value]) => value);
    const signature = JSON.stringify(facts);
    const list = byId("seat-facts");
    if (list.dataset.signature === signature) return;
    list.dataset.signature = signature;
    list.replaceChildren(...facts.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]));
  };
  const show = (key) => {
    const tile = tiles.get(key);
    // A dialog that closes gives the focus back, at once, to what had it before: wherever the seat was opened from, it is led to.
    if (tile && !tile.item.hidden) tile.button.focus();
    shownKey = key;
    drawDialog();
    if (!dialog.open) dialog.showModal();
  };
  dialog.addEventListener("close", () => {
    // The event comes later than the closing: the next seat may be open by then.
    if (!dialog.open) shownKey = null;
  });

  // Keys and clicks.
  grid.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) show(button.dataset.key);
  });
  byId("trouble-list").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.key) show(button.dataset.key);
    else choose("stuck");
  });
  const choose = (one) => {
    kind = kind === one ? null : one;
    const count = select();
    byId("said").textContent = kind === null ? `all ${count} seats shown` : `${count} ${KINDS[kind][1]} shown`;
  };
  byId("counts").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.dataset.kind);
  });
  byId("filter").addEventListener("input", () => {
    const count = select();
    byId("said").textContent = `${count} of ${seats.size} seats shown`;
  });
  byId("filter").addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.target.value = "";
      select();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      shown()[0]?.focus();
    }
  });
  grid.addEventListener("focusin", (event) => {
    const button = event.target.closest("button");
    if (button) rove(button);
  });
  grid.addEventListener("keydown", (event) => {
    const all = shown();
    const at = all.indexOf(document.activeElement);
    if (event.altKey || event.ctrlKey || event.metaKey || all.length === 0) return;
    const top = (button) => button.getBoundingClientRect().top;
    const across = Math.max(1, all.filter((button) => top(button) === top(all[0])).length);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + across, ArrowUp: at - across, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    all[at < 0 ? 0 : to]?.focus();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input");
    if (isTyping || dialog.open || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "/") {
      event.preventDefault();
      byId("filter").focus();
      byId("filter").select();
    } else if (event.key === "t") {
      nextTheme();
    } else if (event.key === "Escape" && (kind !== null || byId("filter").value !== "")) {
      kind = null;
      byId("filter").value = "";
      select();
    }
  });

  // Dark and light: as the system has it, until somebody chooses.
  const THEMES = ["system", "dark", "light"];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = (() => {
    // A browser may keep nothing for a page.
    try {
      return localStorage.getItem("azlab-board-theme");
    } catch {
      return null;
    }
  })();
  let theme = THEMES.includes(kept) ? kept : "system";
  const paint = () => {
    const isDark = theme === "dark" || (theme === "system" && dark.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    put(byId("theme"), `Theme: ${theme}`);
  };
  const nextTheme = () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try {
      localStorage.setItem("azlab-board-theme", theme);
    } catch {
      // It holds for this page alone.
    }
    paint();
    byId("said").textContent = `theme: ${theme}`;
  };
  byId("theme").addEventListener("click", nextTheme);
  dark.addEventListener("change", paint);

  // What changes while azlab is there.
  const connection = { lost: null, ended: false };
  const received = (data, event) => {
    base = { at: data.at, received: performance.now() };
    id = event.lastEventId || id;
    connection.lost = null;
    if (data.head) head = data.head;
  };
  const connect = () => {
    const source = new EventSource(`events?last=${encodeURIComponent(id)}`);
    source.addEventListener("open", () => {
      connection.lost = null;
      drawStale();
    });
    source.addEventListener("board", (event) => {
      const data = JSON.parse(event.data);
      const before = seats;
      received(data, event);
      seats = new Map(data.seats.map((seat) => [seat.key, seat]));
      drawAll();
      say([...seats.values()].filter((seat) => before.get(seat.key)?.kind !== seat.kind));
    });
    source.addEventListener("changes", (event) => {
      const data = JSON.parse(event.data);
      const before = new Map(seats);
      received(data, event);
      for (const seat of data.seats) seats.set(seat.key, seat);
      if (data.order) seats = new Map(data.order.map((key) => [key, seats.get(key)]));
      drawAll();
      const changed = data.seats.filter((seat) => before.get(seat.key)?.kind !== seat.kind);
      if (changed.length > 0) say(changed);
    });
    source.addEventListener("end", () => {
      connection.ended = true;
      source.close();
      drawStale();
    });
    source.addEventListener("error", () => {
      connection.lost ??= now();
      drawStale();
      // The browser gives up where it is answered with an error.
      if (source.readyState === EventSource.CLOSED && !connection.ended) setTimeout(connect, 5_000);
    });
  };

  /** The times that go by. */
  const tick = () => {
    for (const [key, seat] of seats) draw(tiles.get(key), seat);
    drawHead();
    drawTrouble();
    drawStale();
    if (dialog.open) drawDialog();
  };

  paint();
  drawAll();
  new ResizeObserver(() => {
    const before = room;
    measure();
    if (room.width !== before.width || room.height !== before.height) fit();
  }).observe(grid.parentElement);
  setInterval(tick, 5_000);
  if (head.is_live) connect();
  requestAnimationFrame(() => setTimeout(() => {
    document.documentElement.dataset.drawnMs = String(Math.round(performance.now() - begun));
  }));
})();
