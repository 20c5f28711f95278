// What makes pages quicker and pleasanter. Every page works without it.
(() => {
  "use strict";

  // Copying: the button appears where there is a script; on plain HTTP browsers have no clipboard but the selection.
  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return true;
    }
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };

  // Exact times in the reader's own zone.
  const exact = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "long",
    timeStyle: "short",
  });

  const enliven = (root) => {
    for (const bar of root.querySelectorAll("form [data-for-ticked]")) weigh(bar.closest("form"));
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
    for (const time of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      time.title = exact.format(moment);
      if (time.dataset.exact !== undefined) time.textContent = exact.format(moment);
    }
    for (const box of root.querySelectorAll("[data-check-all], [data-dismiss]")) box.hidden = false;
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      event.preventDefault();
      if (await copy(button.dataset.copy)) {
        button.classList.add("copied");
        const before = button.title;
        button.title = button.dataset.copied;
        button.setAttribute("aria-label", button.dataset.copied);
        setTimeout(() => {
          button.classList.remove("copied");
          button.title = before;
          button.setAttribute("aria-label", before);
        }, 2000);
      }
      return;
    }
    event.target.closest("[data-dismiss]")?.closest(".alert").remove();
    const close = event.target.closest("[data-close]");
    if (close) close.closest("details")?.removeAttribute("open");
    for (const open of document.querySelectorAll("details.confirm[open], details.dropdown-menu-box[open]")) {
      if (!open.contains(event.target)) open.removeAttribute("open");
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const search = document.getElementById("search");
    if (search && ((event.key === "/" && !typing) || (event.key === " " && event.ctrlKey))) {
      event.preventDefault();
      search.focus();
      search.select();
    }
    if (event.key === "Escape") {
      const open = document.querySelector("details.confirm[open]");
      if (open) {
        open.removeAttribute("open");
        open.querySelector("summary")?.focus();
      }
    }
  });

  // A picture that cannot be had leaves the letter below it.
  document.addEventListener(
    "error",
    (event) => {
      if (event.target.matches?.(".avatar img")) event.target.remove();
    },
    true,
  );

  // Ticking everything on the page at once.
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-check-all]");
    if (!all) return;
    for (const box of all.closest("form").querySelectorAll(all.dataset.checkAll)) box.checked = all.checked;
  });

  // What is for ticked rows shows once there are some, and says whether there are several.
  const weigh = (form) => {
    const bar = form.querySelector("[data-for-ticked]");
    if (!bar) return;
    let count = 0;
    for (const box of form.querySelectorAll("input[type=checkbox][name]:checked")) count += Number(box.dataset.weight || 1);
    bar.hidden = count === 0;
    const label = bar.querySelector("[data-one]");
    if (label) label.textContent = count === 1 ? label.dataset.one : label.dataset.many;
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form");
    if (form) weigh(form);
  });

  // Links and forms marked so replace only the part of the page that they stand in.
  const wire = (root) => {
    const links = root.querySelectorAll("[data-swap]");
    for (const link of links) {
      const part = link.closest("[data-part]");
      if (!part || !window.htmx || link.dataset.wired) continue;
      link.dataset.wired = "true";
      link.setAttribute("hx-boost", "true");
      link.setAttribute("hx-target", `#${part.id}`);
      link.setAttribute("hx-select", `#${part.id}`);
      link.setAttribute("hx-swap", "outerHTML show:none");
      link.setAttribute("hx-select-oob", "#flashes");
      link.setAttribute("hx-push-url", link.dataset.swap === "quiet" ? "false" : "true");
      window.htmx.process(link);
    }
    for (const field of root.querySelectorAll("form.table-filter input[type=search]")) {
      if (field.dataset.wired) continue;
      field.dataset.wired = "true";
      let timer;
      field.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => field.form.requestSubmit(), 250);
      });
    }
  };

  // What one asked for and did not get is told: where another page came in the place of a part (a form to sign in, an
  // error), that page is gone to; what became of a write is said at the top, and so is that nobody answered.
  const tell = (title, text) => {
    const flashes = document.getElementById("flashes");
    const alert = document.getElementById("failure")?.content.firstElementChild.cloneNode(true);
    if (!flashes || !alert) return;
    flashes.querySelector("[data-failure]")?.remove();
    alert.querySelector("strong").textContent = title;
    alert.querySelector("span").textContent = text;
    flashes.append(alert);
    enliven(flashes);
    alert.scrollIntoView({ block: "nearest" });
  };
  const said = (name) => document.getElementById("failure")?.dataset[name] ?? "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, requestConfig, pathInfo } = event.detail;
    if (xhr.status === 204) return;
    const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
    if (answer.getElementById(target.id)) return;
    const page = answer.getElementById("content");
    if (!requestConfig.elt.matches("[data-swap]")) {
      if (!page) return;
      event.detail.shouldSwap = false;
      const here = xhr.status === 200 && new URL(xhr.responseURL).pathname === location.pathname;
      // A part that its page has no more, as the first steps after the first push, gives way to what is there now. What
      // else comes by itself stays as it is: the next thing that one does tells why.
      if (here && target.isConnected && answer.body.className === document.body.className) {
        document.getElementById("content").replaceWith(page);
        window.htmx.process(page);
        enliven(document);
        wire(document);
        expect();
      }
      return;
    }
    // Of what was changed nothing may be left on this page.
    const stays = xhr.status < 400 && new URL(xhr.responseURL).pathname === location.pathname;
    if (stays && requestConfig.verb !== "get") return;
    event.detail.shouldSwap = false;
    if (requestConfig.verb === "get") {
      location.assign(pathInfo.finalRequestPath);
    } else if (xhr.status < 400) {
      location.assign(xhr.responseURL);
    } else {
      const texts = [...(page?.querySelectorAll(".empty-subtitle, .fault-detail") ?? [])].map((it) => it.textContent);
      tell(page?.querySelector("h1")?.textContent ?? said("refused"), texts.join(" "));
    }
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (event.detail.elt.matches("[data-swap]")) tell(said("unanswered"), said("unansweredText"));
  });

  // Fields that suggest names, and fields that the server checks, while one types.
  const ask = async (address, value) => {
    try {
      const answer = await fetch(address + encodeURIComponent(value), { headers: { Accept: "application/json" } });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  };
  const waiting = new WeakMap();
  const soon = (field, pause, run) => {
    clearTimeout(waiting.get(field));
    waiting.set(field, setTimeout(run, pause));
  };
  const suggest = async (field) => {
    const typed = field.value.trim();
    if (!typed || [...field.list.options].some((it) => it.value === typed)) return;
    const names = await ask(field.dataset.suggest, typed);
    if (!names || field.value.trim() !== typed) return;
    field.list.replaceChildren(
      ...names.map(({ name }) => Object.assign(document.createElement("option"), { value: name })),
    );
    field.setCustomValidity(names.length ? "" : field.dataset.nobody);
    if (!names.length) field.reportValidity();
  };
  // What else the answer depends on: the field that `data-beside` names by its id, sent under the name `data-as`.
  const checked = (field) => {
    const beside = document.getElementById(field.dataset.beside);
    if (!beside) return field.dataset.check;
    const [path, last] = field.dataset.check.split(/([^?&]*)$/);
    return `${path}${field.dataset.as}=${encodeURIComponent(beside.value)}&${last}`;
  };
  const check = async (field) => {
    const typed = field.value.trim();
    const address = checked(field);
    const known = typed && typed !== field.defaultValue ? await ask(address, typed) : [];
    if (field.value.trim() !== typed || checked(field) !== address) return;
    // Where nobody answers, the form is sent and answered all the same.
    const faults = known ?? [];
    const said = document.getElementById(`${field.id}_about`).querySelector("[data-said]");
    said.replaceChildren(
      ...faults.map((text) => Object.assign(document.createElement("p"), { className: "field-error", textContent: text })),
    );
    field.classList.toggle("is-invalid", faults.length > 0);
    field.setAttribute("aria-invalid", String(faults.length > 0));
    field.setCustomValidity(faults[0] ?? "");
    const button = field.form.querySelector("button.btn-primary");
    if (button) button.disabled = faults.length > 0;
  };
  document.addEventListener("input", (event) => {
    const field = event.target;
    for (const other of document.querySelectorAll("[data-beside]")) {
      if (field.id && other.dataset.beside === field.id && other.value !== other.defaultValue) soon(other, 0, () => check(other));
    }
    if (!field.matches?.("[data-suggest], [data-check]")) return;
    field.setCustomValidity("");
    if (field.dataset.suggest) soon(field, 200, () => suggest(field));
    else soon(field, 600, () => check(field));
  });

  // What lives: a part with data-live is fetched again when the server says that something happened.
  const refresh = (part) => {
    if (part.contains(document.activeElement) && document.activeElement.matches("input, textarea")) return;
    // What one has ticked or opened stays as it is.
    if (part.querySelector("input[type=checkbox]:checked, details[open]")) return;
    window.htmx?.ajax("GET", location.pathname + location.search, {
      // Each for itself: of requests by one element only the last is answered.
      source: part,
      target: `#${part.id}`,
      select: `#${part.id}`,
      swap: "outerHTML show:none",
    });
  };
  const listen = () => {
    if (!document.querySelector("[data-live]") || !window.EventSource) return;
    const source = new EventSource(`${document.body.dataset.root}/live?seen=${document.body.dataset.seen}`);
    source.addEventListener("change", () => document.querySelectorAll("[data-live]").forEach(refresh));
    addEventListener("pagehide", () => source.close());
  };
  // What is on its way is looked at again, soon at first and then ever less often.
  let pause = 500;
  let look;
  const expect = () => {
    clearTimeout(look);
    const waiting = [...document.querySelectorAll("[data-live]")].filter((part) => part.querySelector("[data-waiting]"));
    if (!waiting.length) {
      pause = 500;
      return;
    }
    look = setTimeout(() => {
      if (!document.hidden) waiting.filter((part) => part.isConnected).forEach(refresh);
      expect();
    }, pause);
    pause = Math.min(pause * 1.5, 30000);
  };

  document.addEventListener("DOMContentLoaded", () => {
    enliven(document);
    wire(document);
    listen();
    expect();
  });
  // A form whose live check goes on or failed is not sent, unless somebody says that the check is to be skipped.
  const hold = () => {
    for (const check of document.querySelectorAll("[data-holds]")) {
      const failed = check.querySelector(".field-error");
      const skipped = check.querySelector("input[type=checkbox]:checked");
      const held = check.dataset.asking !== undefined || (failed && !skipped);
      check.closest("form").querySelector("button.btn-primary").disabled = Boolean(held);
    }
  };
  const asking = (event) => {
    const check = event.target;
    if (!check.matches?.("[data-holds]")) return;
    if (event.type === "htmx:beforeRequest") check.dataset.asking = "";
    else delete check.dataset.asking;
    hold();
  };
  document.addEventListener("change", hold);
  document.addEventListener("htmx:beforeRequest", asking);
  document.addEventListener("htmx:afterRequest", asking);
  document.addEventListener("htmx:afterSettle", hold);

  // What came in is made whole before anybody can see it half.
  document.addEventListener("htmx:afterSwap", () => enliven(document));
  document.addEventListener("htmx:afterSettle", () => {
    // Where one was typing stays where one is typing.
    enliven(document);
    wire(document);
    expect();
  });
})();
