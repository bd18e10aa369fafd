/* Comfort only: every page works without this file. */
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);

  // Times: the server wrote UTC, the reader lives elsewhere. Same steps as app/web/times.py.
  const long = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
  const exact = (moment) => long.format(moment).replace(" at ", ", ");
  const ago = (moment) => {
    const seconds = Math.trunc((Date.now() - moment) / 1000), span = Math.abs(seconds);
    if (span < 60) return seconds >= 0 ? "just now" : "in a moment";
    if (span >= 2592000) return date.format(moment);
    if (span >= 86400 && span < 172800) return seconds > 0 ? "yesterday" : "tomorrow";
    const [size, name] = [[86400, "day"], [3600, "hour"], [60, "minute"]].find(([s]) => span >= s);
    const count = Math.floor(span / size), words = `${count} ${name}${count === 1 ? "" : "s"}`;
    return seconds > 0 ? `${words} ago` : `in ${words}`;
  };
  const write = () => all("time[data-time]").forEach((time) => {
    const moment = new Date(time.dateTime), relative = time.dataset.time === "ago";
    const text = relative ? ago(moment) : exact(moment);
    if (relative) time.title = exact(moment);
    if (time.textContent.toLowerCase() !== text) time.textContent = text;
  });
  write();
  setInterval(write, 30000);

  // Passwords can be looked at, and are hidden again before they travel.
  all("[data-reveal]").forEach((button) => {
    const input = document.getElementById(button.dataset.reveal), label = button.getAttribute("aria-label");
    const show = (on) => {
      input.type = on ? "text" : "password";
      button.textContent = on ? "Hide" : "Show";
      button.setAttribute("aria-pressed", String(on));
    };
    button.hidden = false;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => show(input.type === "password"));
    if (input.form) input.form.addEventListener("submit", () => show(false));
  });

  all("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  });

  // Provider cards: a click shows the other fields at once. Arrow keys only pass by, so there the button asks.
  all("[data-pick]").forEach((pick) => {
    const go = pick.parentElement.querySelector(".pick-go");
    let pointed = false;
    pick.addEventListener("pointerdown", () => { pointed = true; });
    pick.addEventListener("keydown", () => { pointed = false; });
    pick.addEventListener("change", (event) => {
      const name = event.target.closest("label").querySelector("b").textContent;
      go.textContent = `Show the fields for ${name}`;
      go.classList.add("asked");
      if (!pointed) return;
      sessionStorage.setItem("novantra-pick", event.target.id);
      go.form.requestSubmit(go);
    });
    const chosen = document.getElementById(sessionStorage.getItem("novantra-pick") || "-");
    sessionStorage.removeItem("novantra-pick");
    if (chosen && chosen.checked) {
      chosen.focus({ preventScroll: true });
      pick.scrollIntoView({ block: "center" });
    }
  });

  // A region shows its relay at once: data-host-map holds {region: host}, data-host-template "…{value}…".
  all("[data-host-target]").forEach((input) => {
    const target = document.querySelector(input.dataset.hostTarget);
    const hosts = JSON.parse(input.dataset.hostMap || "{}"), template = input.dataset.hostTemplate || "";
    input.addEventListener("input", () => {
      target.value = hosts[input.value] || (input.value && template.replace("{value}", input.value));
    });
  });

  const dialog = (text, ok, danger) => {
    const box = document.createElement("dialog");
    box.innerHTML = '<form method="dialog"><h2 id="ask"></h2><p>This cannot be taken back from here.</p><div class="acts"><button class="btn" value="">Cancel</button><button class="btn primary" value="ok"></button></div></form>';
    box.setAttribute("aria-labelledby", "ask");
    box.querySelector("h2").textContent = text;
    const yes = box.querySelector(".primary");
    yes.textContent = ok;
    yes.classList.toggle("danger", danger);
    document.body.append(box);
    box.showModal();
    return new Promise((resolve) => box.addEventListener("close", () => { box.remove(); resolve(box.returnValue === "ok"); }));
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter, asker = button && button.dataset.confirm ? button : form;
    if (form.dataset.running) return event.preventDefault();
    if (asker.dataset.confirm && !asker.dataset.confirmed) {
      event.preventDefault();
      const ok = asker.dataset.confirmOk || "Go on", danger = Boolean(button && button.matches(".danger"));
      if (!await dialog(asker.dataset.confirm, ok, danger)) return;
      asker.dataset.confirmed = "yes";
      form.requestSubmit(button);
      delete asker.dataset.confirmed;
      return;
    }
    const busy = (button && button.dataset.busy) || form.dataset.busy;
    if (!busy || !button) return;
    form.dataset.running = "yes";
    button.dataset.label = button.textContent;
    // After this turn: a disabled button would not be sent along.
    setTimeout(() => { button.textContent = busy; button.classList.add("is-busy"); button.setAttribute("aria-disabled", "true"); });
  });
  // Back from the next page: the form is to be usable again.
  addEventListener("pageshow", (event) => event.persisted && all("[data-running]").forEach((form) => {
    delete form.dataset.running;
    all(".is-busy", form).forEach((b) => { b.textContent = b.dataset.label; b.classList.remove("is-busy"); b.removeAttribute("aria-disabled"); });
  }));

  const focusField = (id) => {
    const field = document.getElementById(id);
    if (!field) return;
    const fold = field.closest("details");
    if (fold) fold.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-focus-field], #error-summary a");
    if (!link) return;
    event.preventDefault();
    focusField(link.hash.slice(1));
  });
  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();
})();
