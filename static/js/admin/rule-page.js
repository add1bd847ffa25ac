/* The rule's page: dresses the four textareas as editors, keeps the sentence live, and runs trials. */
(() => {
  const { calm, say, Combobox, ConditionEditor, EffectsEditor, CapsEditor, ScheduleEditor } = window.Evergreen;
  const EDITORS = { condition: ConditionEditor, effects: EffectsEditor, schedule: ScheduleEditor, caps: CapsEditor };

  class RulePage {
    constructor(page) {
      this.page = page;
      this.form = page.closest("form");
      this.kind = this.form.querySelector("[name=kind]");
      this.summary = page.querySelector("[data-summary]");
      this.isChanged = false;
      this.soon = calm(() => this.preview());
    }

    async start() {
      const terms = await this.terms();
      this.editors = [...this.page.querySelectorAll("[data-editor]")].map((mount) => {
        const textarea = this.form.querySelector(`[data-part=${mount.dataset.editor}]`);
        const Editor = EDITORS[mount.dataset.editor];
        textarea.closest("[data-plain]").hidden = true;
        mount.hidden = false;
        return new Editor({ mount, textarea, terms, faults: JSON.parse(mount.dataset.faults || "[]"), onchange: () => this.changed() });
      });
      this.form.addEventListener("input", (event) => this.typed(event));
      this.form.addEventListener("change", (event) => this.typed(event));
      this.kind.addEventListener("change", () => this.changeKind());
      this.form.addEventListener("submit", () => {
        this.isChanged = false;
      });
      window.addEventListener("beforeunload", (event) => {
        if (this.isChanged) event.preventDefault();
      });
      this.trial();
      this.isChanged = false;
      await this.preview();
      this.page.dataset.ready = "";
      this.form.querySelector("[aria-invalid=true]")?.focus();
    }

    async terms() {
      const answer = await fetch(`${this.page.dataset.catalogue}?kind=${encodeURIComponent(this.kind?.value ?? "")}`);
      return answer.json();
    }

    typed(event) {
      if (event.target.name?.startsWith("trial_") || event.target.closest("[data-trial]")) return;
      this.changed();
    }

    changed() {
      this.isChanged = true;
      this.soon();
    }

    async changeKind() {
      const terms = await this.terms();
      for (const editor of this.editors) editor.changeTerms(terms);
      this.showTrialFields();
    }

    async send(address, extra = {}) {
      const data = new FormData(this.form);
      for (const [name, value] of Object.entries(extra)) data.set(name, value);
      return fetch(address, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } });
    }

    async preview() {
      const answer = await this.send(this.page.dataset.preview);
      if (!answer.ok) return;
      const told = await answer.json();
      const { el } = window.Evergreen;
      this.summary.replaceChildren(
        ...told.parts.map((part) => el("div", { class: "eg-said" }, el("dt", {}, part.label), el("dd", {}, part.text))),
      );
      const reach = this.page.querySelector("[data-reach]");
      reach.textContent = told.reach ?? "";
      const problems = this.page.querySelector("[data-problems]");
      const text = told.problems.map((problem) => problem.message).join(" ");
      problems.textContent = text ? [gettext("Before it can go live:"), text].join(" ") : "";
      problems.hidden = !text;
    }

    trial() {
      const mount = this.page.querySelector("[data-trial]");
      if (!mount) return;
      const account = this.form.querySelector("[name=trial_account]");
      const find = async (text) => (await (await fetch(`${this.page.dataset.members}?q=${encodeURIComponent(text)}`)).json()).results;
      const box = new Combobox({
        label: gettext("Member"),
        placeholder: gettext("Name, phone or number"),
        find,
        onpick: (option) => {
          account.value = option.value;
          this.fillOrders(option.value);
        },
        props: { id: "trial-member", "aria-label": null },
      });
      account.hidden = true;
      account.removeAttribute("id");
      account.after(box.node);
      for (const button of this.page.querySelectorAll("[data-run]")) {
        button.addEventListener("click", (event) => {
          event.preventDefault();
          this.run(button.dataset.run);
        });
      }
      mount.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.matches("input") && !event.defaultPrevented) {
          event.preventDefault();
          this.run("try");
        }
      });
      this.showTrialFields();
    }

    showTrialFields() {
      const fields = this.page.querySelector("[data-order-fields]");
      if (fields) fields.hidden = this.kind.value !== "order.paid";
    }

    async fillOrders(account) {
      const { el } = window.Evergreen;
      const orders = this.form.querySelector("[name=trial_order]");
      const answer = await fetch(`${this.page.dataset.orders}?account=${encodeURIComponent(account)}`);
      if (!answer.ok) return;
      const { results } = await answer.json();
      const first = orders.options[0];
      orders.replaceChildren(first, ...results.map((order) => el("option", { value: order.value }, order.label)));
    }

    async run(what) {
      const output = this.page.querySelector(`[data-result=${what}]`);
      output.setAttribute("aria-busy", "true");
      const answer = await this.send(this.page.dataset[what]);
      output.innerHTML = answer.ok ? await answer.text() : "";
      output.removeAttribute("aria-busy");
      if (!answer.ok) output.textContent = gettext("That did not work. Please try again in a moment.");
      output.focus();
      say(gettext("Done. Nothing was written."));
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const page = document.querySelector("[data-rule-page]");
    if (page) new RulePage(page).start();
  });
})();
