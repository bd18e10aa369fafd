/* Comfort only: keeps what moves up to date. Without it there is a link that loads the page again. */
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);

  // What moves: parts of the page are asked for again, at an address that one of them names, for
  // as long as it names one. What somebody types in is left alone.
  // A form's token is another one in every answer.
  const same = (part) => part.innerHTML.replace(/(name="csrf_token") value="[^"]*"/g, "$1");
  const live = () => document.querySelector("[data-live]");
  // So is what a question on top of the page was asked for: its form must still be there.
  const taken = (part) => part.contains(document.activeElement) || document.querySelector("dialog[open]")
    || [...all("input:not([type=hidden])", part)].some((input) => input.value !== input.defaultValue || input.checked !== input.defaultChecked);
  const follow = async () => {
    const moving = live();
    if (!moving) return;
    try {
      if (!document.hidden) {
        const answer = await fetch(moving.dataset.live, { signal: AbortSignal.timeout(15000) });
        if (!answer.ok || answer.redirected) return;  // signed out, or gone
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        all("[data-live-part]").forEach((part) => {
          const fresh = page.getElementById(part.id);
          if (!fresh || taken(part)) return;
          if (same(part) !== same(fresh)) part.replaceChildren(...fresh.childNodes);
          if ("value" in fresh.dataset) part.dataset.value = fresh.dataset.value;
          if (fresh.dataset.live) part.dataset.live = fresh.dataset.live; else delete part.dataset.live;
        });
        dispatchEvent(new Event("novantra:times"));
      }
    } catch { /* away for a moment: the next time tells */ }
    if (live()) setTimeout(follow, 2500);
  };
  if (live()) setTimeout(follow, 1500);
})();
