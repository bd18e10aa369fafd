/* Checks a connection without leaving the page, so that a typed password stays in its field. */
(() => {
  "use strict";
  const form = document.getElementById("mailer-form");
  const result = document.getElementById("check-result"), summary = document.getElementById("form-errors");
  if (!form || !result || !window.DOMParser) return;
  let plain = false;

  const copyErrors = (page) => {
    summary.replaceChildren(...page.getElementById("form-errors").childNodes);
    form.querySelectorAll(".f, .switch").forEach((box) => {
      const input = box.querySelector("input, select");
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

  const check = async (button) => {
    if (button.dataset.port) form.elements.port.value = button.dataset.port;
    if (button.dataset.secure && form.elements.secure) form.elements.secure.checked = button.dataset.secure === "on";
    if (button.dataset.encryption && form.elements.encryption) form.elements.encryption.value = button.dataset.encryption;
    const words = button.textContent;
    button.textContent = button.dataset.busy;
    button.classList.add("is-busy");
    button.setAttribute("aria-disabled", "true");
    const body = new FormData(form);
    body.append("action", "check");
    try {
      const answer = await fetch(button.formAction, { method: "POST", body, signal: AbortSignal.timeout(180000) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!page.getElementById("check-result")) {  // signed out, or a failure with a page of its own
        plain = true;
        return form.requestSubmit(button);
      }
      copyErrors(page);
      result.replaceChildren(...page.getElementById("check-result").childNodes);
      (summary.firstElementChild || result).scrollIntoView({ block: "start" });
      (summary.firstElementChild || result).focus({ preventScroll: true });
    } catch {
      const note = document.createElement("p");
      note.className = "say bad";
      note.textContent = "Novantra could not be reached, so nothing was checked. Try again in a moment.";
      result.replaceChildren(note);
    } finally {
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

  // Where a mailbox logs in, it is most often the sender, too.
  const user = form.elements.username, sender = form.elements.sender_address;
  if (user && user.hasAttribute("data-sender") && !sender.value) {
    let typed = false;
    sender.addEventListener("input", () => { typed = true; });
    user.addEventListener("input", () => { if (!typed) sender.value = user.value; });
  }
})();
