/* Comfort only: a chosen service fills its fields in at once. */
(() => {
  "use strict";
  const select = document.querySelector("[data-presets]");
  if (!select) return;
  const presets = JSON.parse(select.dataset.presets), fields = select.form.elements, says = document.getElementById("preset-login");
  const empty = says.textContent;
  select.addEventListener("change", () => {
    const preset = presets[select.value];
    says.textContent = preset ? preset.login : empty;
    if (!preset) return;
    for (const name of ["host", "port", "username"]) fields[name].value = preset[name];
    if (fields.encryption) fields.encryption.value = "auto";
    if (fields.secure) fields.secure.checked = preset.secure;
    const next = fields.username.value || !preset.username ? fields.username : fields.password;
    (preset.username ? fields.password : next).focus();
  });
})();
