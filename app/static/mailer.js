/* Guards what is typed on the mailer page and not saved, and fills the sender in. */
(() => {
  "use strict";
  const form = document.getElementById("mailer-form");
  const result = document.getElementById("check-result"), summary = document.getElementById("form-errors");
  if (!form || !result) return;

  // What is typed and not saved: a test would not use it, and leaving would lose it.
  const state = () => new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "csrf_token")).toString();
  let saved = state(), leaving = false;
  const isFresh = !summary.firstElementChild && !document.querySelector("#conflict, #test-refused") && !result.firstElementChild;
  if (!isFresh) saved = "";
  addEventListener("beforeunload", (event) => { if (!leaving && state() !== saved) event.preventDefault(); });
  addEventListener("submit", (event) => { if (!event.defaultPrevented) leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });
  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button || !button.dataset.test || state() === saved || !window.novantraAsk) return;
    event.preventDefault();
    event.stopPropagation();
    const question = { confirm: "Save first?", confirmText: "A test uses the saved configuration, and the form holds changes that are not saved.", confirmOk: "Save and test" };
    if (!await window.novantraAsk(question, false)) return;
    leaving = true;
    const both = document.createElement("button");
    Object.assign(both, { className: "sr", name: "action", value: "save_and_test", formAction: button.formAction, formNoValidate: true });
    form.append(both);
    form.requestSubmit(both);
  });

  // Where a mailbox logs in, it is most often the sender, too.
  const user = form.elements.username, sender = form.elements.sender_address;
  if (user && user.hasAttribute("data-sender") && !sender.value) {
    let typed = false;
    sender.addEventListener("input", () => { typed = true; });
    user.addEventListener("input", () => { if (!typed) sender.value = user.value; });
  }
})();
