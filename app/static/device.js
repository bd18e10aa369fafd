/* Asks whether a sign-in in another browser is done, so that its page need not be loaded again and again. */
(() => {
  "use strict";
  const waiting = document.getElementById("device-waiting");
  if (!waiting || !window.fetch) return;
  const here = location.pathname;
  const ask = async () => {
    let answer;
    try {
      answer = await fetch(here, { redirect: "manual", cache: "no-store" });
    } catch {
      return setTimeout(ask, 10000);  // away for a moment
    }
    if (answer.type === "opaqueredirect") return location.assign(here.replace(/\/device$/, ""));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const still = page.getElementById("device-waiting");
    if (still) return setTimeout(ask, still.dataset.ask * 1000);
    document.title = page.title;
    document.getElementById("main").replaceWith(page.getElementById("main") || page.body);
    document.querySelector("h1").scrollIntoView();
  };
  setTimeout(ask, waiting.dataset.ask * 1000);
})();
