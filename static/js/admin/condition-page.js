/* Dresses a form's condition, a textarea of JSON, with the condition editor: who, without an event. */
(() => {
  document.addEventListener("DOMContentLoaded", async () => {
    const page = document.querySelector("[data-condition-page]");
    const textarea = page?.querySelector("[data-part=condition]");
    if (!textarea) return;
    const answer = await fetch(page.dataset.catalogue);
    if (!answer.ok) return;
    const { el, ConditionEditor } = window.Evergreen;
    const mount = el("div", { "data-editor": "condition" });
    textarea.before(mount);
    textarea.hidden = true;
    new ConditionEditor({ mount, textarea, terms: await answer.json(), faults: JSON.parse(page.dataset.faults || "[]"), onchange: () => {} });
    page.dataset.ready = "";
  });
})();
