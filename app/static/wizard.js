/* Comfort only: guesses answers of the wizard from what was typed before. */
(() => {
  "use strict";
  const all = (selector) => document.querySelectorAll(selector), byId = (id) => document.getElementById(id);

  // An address says most often who somebody is, and where. What was typed is never changed.
  const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);
  const guesses = {
    name: (local) => /^(admin|info|it|mail|office|hello|contact|support|root|postmaster)$/i.test(local) || /\d/.test(local) ? ""
      : local.split("+")[0].split(/[._-]+/).filter(Boolean).map(capital).join(" "),
    organization: (_, domain, services) => {
      const labels = domain.split("."), last = labels.length - 1;
      if (last < 1 || services.some((service) => domain.startsWith(service))) return "";
      return capital(labels[last > 1 && labels[last].length === 2 && labels[last - 1].length < 4 ? last - 2 : last - 1]);
    },
  };
  all("[data-guess]").forEach((input) => {
    const source = byId(input.dataset.guessFrom), services = (input.dataset.guessNot || "").split(" ").filter(Boolean);
    let guessed = "";
    const guess = () => {
      const [local, domain] = source.value.trim().split("@");
      if (!domain || (input.value && input.value !== guessed)) return;
      input.value = guessed = guesses[input.dataset.guess](local, domain.toLowerCase(), services);
    };
    source.addEventListener("change", guess);
    // Whoever comes to the field has it guessed on the way there: typing replaces it, a click included.
    input.addEventListener("focus", () => { if (guessed && input.value === guessed) setTimeout(() => input.select()); });
    // On a slow line the address stands there before this file does.
    if (source !== document.activeElement) guess();
  });
})();
