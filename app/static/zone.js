/* Comfort only: the browser knows its time zone, if under a name that the list may lack. */
(() => {
  "use strict";
  document.querySelectorAll("[data-browser-zone]").forEach((button) => {
    const select = document.getElementById(button.dataset.browserZone), zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const listed = () => [...select.options].some(({ value }) => value === zone);
    const words = (zone || "").replaceAll("_", " ");
    if (!zone || select.value === zone || (!listed() && !/^(?!Etc)\w+\//.test(zone))) return;
    button.textContent = `Use ${words}, as this browser`;
    button.hidden = false;
    button.onclick = () => {
      if (!listed()) select.add(new Option(words, zone));
      select.value = zone;
      select.focus();
    };
  });
})();
