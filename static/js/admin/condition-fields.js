/* Dresses every textarea marked data-conditions (the address of the catalogue) as the condition editor of rules. */
(() => {
  const { ConditionEditor, el } = window.Evergreen;

  const dress = (textarea, terms) => {
    const mount = el("div", { class: "eg-card" });
    textarea.before(mount);
    textarea.hidden = true;
    const faults = JSON.parse(textarea.dataset.faults || "[]");
    new ConditionEditor({ mount, textarea, terms, faults, onchange: () => textarea.dispatchEvent(new Event("change", { bubbles: true })) });
  };

  document.addEventListener("DOMContentLoaded", async () => {
    const fields = [...document.querySelectorAll("textarea[data-conditions]")];
    if (!fields.length) return;
    const answer = await fetch(fields[0].dataset.conditions);
    if (!answer.ok) return;
    const terms = await answer.json();
    for (const field of fields) dress(field, terms);
    document.documentElement.dataset.conditionsReady = "";
  });
})();
