/* Checks a connection without leaving the page, so that a typed password stays in its field. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-checks]");
  const result = document.getElementById("check-result"), summary = document.getElementById("form-errors");
  if (!form || !result || !window.DOMParser) return;
  let plain = false;

  const copyErrors = (page) => {
    summary.replaceChildren(...page.getElementById("form-errors").childNodes);
    form.querySelectorAll(".f, .switch").forEach((box) => {
      const input = box.querySelector("input, select, textarea");
      const answered = input && input.id && page.getElementById(input.id);
      if (!answered) return;
      const fresh = answered.closest(".f, .switch");
      box.className = fresh.className;
      box.querySelectorAll(".msg").forEach((message) => message.remove());
      const end = box.matches(".switch") ? box.lastElementChild : box;
      const hint = box.querySelector(".hint"), said = fresh.querySelector(".hint");
      if (hint) hint.remove();
      if (said) end.append(said);
      end.append(...fresh.querySelectorAll(".msg"));
      for (const name of ["aria-invalid", "aria-describedby"]) {
        if (answered.hasAttribute(name)) input.setAttribute(name, answered.getAttribute(name));
        else input.removeAttribute(name);
      }
      if (box.querySelector(".msg") && box.closest("details")) box.closest("details").open = true;
    });
  };

  // The check tells each step as it ends; the last line is the page that holds the whole answer.
  const element = (name, text = "", cls = "") => Object.assign(document.createElement(name), { textContent: text, className: cls });
  const watch = (longest, stop) => {
    const card = element("section", "", "card"), inside = element("div", "", "in"), steps = element("ol", "", "ladder");
    const now = element("p", "", "muted"), acts = element("div", "", "acts"), halt = element("button", "Stop", "btn small");
    const head = element("header"), began = Date.now();
    head.append(element("h2", "Connection check"));
    halt.type = "button";
    halt.onclick = stop;
    acts.append(halt, now);
    inside.append(steps, acts);
    card.append(head, inside);
    result.replaceChildren(card);
    result.scrollIntoView({ block: "start" });
    const tick = () => { now.textContent = `Checking… ${Math.round((Date.now() - began) / 1000)} s, at most ${longest} s`; };
    tick();
    now.setAttribute("aria-hidden", "true");  // each step is read out as it comes; seconds are not
    const clock = setInterval(tick, 1000);
    return {
      step: ({ label, state, detail, took }) => {
        const row = element("li", "", state === "passed" ? "ok" : "off"), mark = element("span", state === "passed" ? "✓" : "–", "ic");
        mark.setAttribute("aria-hidden", "true");
        row.append(mark, element("b", label), element("span", detail, "d"), element("span", took, "ms"));
        steps.append(row);
      },
      end: () => clearInterval(clock),
    };
  };
  const lines = async function* (stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n");
      rest = parts.pop();
      for (const part of parts) if (part) yield JSON.parse(part);
    }
  };
  const say = (level, text) => result.replaceChildren(element("p", text, `say ${level}`));

  const check = async (button) => {
    if (button.dataset.port) form.elements.port.value = button.dataset.port;
    if (button.dataset.secure && form.elements.secure) form.elements.secure.checked = button.dataset.secure === "on";
    if (button.dataset.encryption && form.elements.encryption) form.elements.encryption.value = button.dataset.encryption;
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.fill || "{}"))) {
      const input = form.elements[name];
      input.value = value;
      if (input.closest("details")) input.closest("details").open = true;
    }
    const words = button.textContent, stop = new AbortController();
    button.textContent = button.dataset.busy;
    button.classList.add("is-busy");
    button.setAttribute("aria-disabled", "true");
    const body = new FormData(form);
    body.append(button.name, button.value);
    let watching;
    try {
      const answer = await fetch(button.formAction, {
        method: "POST", body, headers: { Accept: "application/x-ndjson, text/html" },
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(180000)]),
      });
      let text = "";
      if ((answer.headers.get("Content-Type") || "").startsWith("application/x-ndjson")) {
        const timeout = form.elements.connection_timeout;
        watching = watch((Number(timeout && timeout.value) || 10) + 20, () => stop.abort());
        for await (const line of lines(answer.body)) {
          if (line.step) watching.step(line.step);
          if (line.page) text = line.page;
          if (line.go) return location.assign(line.go);
        }
      } else text = await answer.text();
      const page = new DOMParser().parseFromString(text, "text/html");
      if (!page.getElementById("check-result")) {  // signed out, or a failure with a page of its own
        plain = true;
        return form.requestSubmit(button);
      }
      copyErrors(page);
      // What the server keeps of this form: a check in setup keeps what was typed.
      for (const name of ["version", "kept", "opened"]) {
        const now = page.querySelector(`form[data-checks] [name="${name}"]`);
        if (now && form.elements[name]) form.elements[name].value = now.value;
      }
      result.replaceChildren(...page.getElementById("check-result").childNodes);
      (summary.firstElementChild || result).scrollIntoView({ block: "start" });
      (summary.firstElementChild || result).focus({ preventScroll: true });
    } catch {
      if (stop.signal.aborted) say("quiet", `The check was stopped. ${form.dataset.checks}`);
      else say("bad", "Novantra could not be reached, so nothing was checked. Try again in a moment.");
    } finally {
      if (watching) watching.end();
      button.textContent = words;
      button.classList.remove("is-busy");
      button.removeAttribute("aria-disabled");
    }
  };

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (plain || !button || !button.hasAttribute("data-check")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!button.classList.contains("is-busy")) check(button);
  });
})();
