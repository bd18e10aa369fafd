/* Comfort only: pages work without this file. */
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);
  const byId = (id) => document.getElementById(id);

  // Times, in the steps of app/web/times.py: it says which are ours.
  const day = { day: "numeric", month: "long", year: "numeric" };
  const date = new Intl.DateTimeFormat("en-GB", day);
  const full = new Intl.DateTimeFormat("en-GB", { ...day, hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  const exact = (moment) => full.format(moment).replace(" at ", ", ");
  const ago = (moment) => {
    const seconds = Math.trunc((Date.now() - moment) / 1000), span = Math.abs(seconds), past = seconds >= 0;
    if (span < 60) return past ? "just now" : "in a moment";
    if (span >= 2592000) return date.format(moment);
    if (span >= 86400 && span < 172800) return past ? "yesterday" : "tomorrow";
    const [size, name] = [[86400, "day"], [3600, "hour"], [60, "minute"]].find(([unit]) => span >= unit);
    const count = Math.floor(span / size + (past ? 0 : 0.5)), words = `${count} ${name}${count === 1 ? "" : "s"}`;
    return past ? `${words} ago` : `in ${words}`;
  };
  const write = () => all("[data-time]").forEach((time) => {
    const moment = new Date(time.dateTime), how = time.dataset.time;
    if (how === "ago") time.title = exact(moment);
    time.textContent = how === "at" ? exact(moment) : ago(moment);
  });
  write();
  setInterval(write, 30000);
  addEventListener("novantra:times", write);

  // Passwords can be looked at; hidden again before they travel.
  all("[data-reveal]").forEach((button) => {
    const input = byId(button.dataset.reveal);
    const show = (on) => {
      input.type = on ? "text" : "password";
      button.textContent = on ? "Hide" : "Show";
      button.setAttribute("aria-pressed", on);
    };
    button.hidden = false;
    button.onclick = () => show(input.type === "password");
    input.form.addEventListener("submit", () => show(false));
  });

  if (navigator.clipboard) all("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.onclick = async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    };
  });

  // A click on a provider shows its fields; arrow keys only pass by: the button asks.
  all("[data-pick]").forEach((pick) => {
    const go = pick.parentElement.querySelector(".pick-go"), key = "novantra-pick";
    let pointed = false;
    pick.onpointerdown = () => { pointed = true; };
    pick.onkeydown = () => { pointed = false; };
    pick.onchange = ({ target }) => {
      go.textContent = `Show the fields for ${target.nextElementSibling.textContent}`;
      go.classList.add("asked");
      sessionStorage.setItem(key, target.id);
      if (pointed) go.form.requestSubmit(go);
    };
    const chosen = byId(sessionStorage.getItem(key));
    sessionStorage.removeItem(key);
    if (chosen && chosen.checked) chosen.focus();
  });

  // A region shows its relay: data-host-map {region: host}, data-host-template "…{value}…".
  all("[data-host-target]").forEach((input) => {
    const { hostTarget, hostMap = "{}", hostTemplate = "" } = input.dataset, hosts = JSON.parse(hostMap);
    input.oninput = () => {
      document.querySelector(hostTarget).value = hosts[input.value] || (input.value && hostTemplate.replace("{value}", input.value));
    };
  });

  const ask = ({ confirm, confirmText = "", confirmOk = "Go on" }, danger) => {
    const box = document.createElement("dialog");
    box.innerHTML = '<form method="dialog"><h2 id="ask"></h2><p></p><div class="acts"><button class="btn" value="">Cancel</button><button class="btn primary" value="ok"></button></div></form>';
    box.setAttribute("aria-labelledby", "ask");
    const [title, text, , yes] = all("h2, p, button", box);
    title.textContent = confirm;
    text.textContent = confirmText;
    yes.textContent = confirmOk;
    yes.classList.toggle("danger", danger);
    document.body.append(box);
    box.showModal();
    return new Promise((resolve) => { box.onclose = () => { box.remove(); resolve(box.returnValue === "ok"); }; });
  };

  window.novantraAsk = ask;

  addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (form.dataset.running) return event.preventDefault();
    const asker = [button, form].find((one) => one && one.dataset.confirm);
    if (asker && !form.dataset.sure) {
      event.preventDefault();
      if (!await ask(asker.dataset, !!button && button.matches(".danger"))) return;
      form.dataset.sure = "yes";
      form.requestSubmit(button);
      delete form.dataset.sure;
      return;
    }
    const busy = button && (button.dataset.busy || form.dataset.busy);
    if (!busy) return;
    form.dataset.running = "yes";
    button.dataset.label = button.textContent;
    button.textContent = busy;
    button.classList.add("is-busy");
  });
  // Back from the next page: usable.
  addEventListener("pageshow", ({ persisted }) => persisted && all("[data-running]").forEach((form) => {
    delete form.dataset.running;
    all(".is-busy", form).forEach((button) => { button.textContent = button.dataset.label; button.classList.remove("is-busy"); });
  }));

  addEventListener("keydown", ({ key }) => {
    const menu = key === "Escape" && document.querySelector(".menu[open]");
    if (menu) { menu.open = false; menu.firstElementChild.focus(); }
  });

  addEventListener("click", (event) => {
    const link = event.target.closest("[data-focus-field], #error-summary a"), field = link && byId(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    const fold = field.closest("details");
    if (fold) fold.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
  document.querySelector("[data-focus]")?.focus();
})();
