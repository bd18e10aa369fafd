/* Comfort for signing in at Microsoft and Google: commands follow what is typed, a key file can be chosen. */
(() => {
  "use strict";
  const ways = document.querySelector(".ways"), form = ways && ways.closest("form");
  if (!form) return;
  const typed = (name) => ((form.elements[name] || {}).value || "").trim();
  // Nothing that a quoted PowerShell text would have to double: the server does that with the next answer.
  const plain = /^[\w.+@-]+$/;
  const gaps = { "<client ID>": "client_id", "<mailbox>": "username", "<sender>": "sender_address" };
  const lines = ways.querySelectorAll("[data-lines]");
  const fill = () => lines.forEach((code) => {
    let text = code.dataset.lines;
    for (const [gap, name] of Object.entries(gaps)) if (plain.test(typed(name))) text = text.replaceAll(gap, typed(name));
    code.textContent = text;
  });
  Object.values(gaps).forEach((name) => form.elements[name] && form.elements[name].addEventListener("input", fill));

  const key = form.elements.service_account_key;
  if (!key) return;
  const choose = document.createElement("input");
  Object.assign(choose, { type: "file", accept: ".json,application/json", className: "input", ariaLabel: "Choose the key file" });
  choose.addEventListener("change", async () => {
    if (choose.files[0] && choose.files[0].size < 1000000) key.value = await choose.files[0].text();
    key.dispatchEvent(new Event("input", { bubbles: true }));
    choose.value = "";
    key.focus();
  });
  key.after(choose);
})();
