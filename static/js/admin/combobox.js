/* A text field that finds one of many by typing: ARIA combobox with a grouped list, arrows, Enter, Escape.
   options: [{value, label, group}], or find(text) → a promise of such a list. */
(() => {
  const { el, uid } = window.Evergreen;

  const folded = (text) => text.toLocaleLowerCase().replaceAll(/\s+/g, "");

  class Combobox {
    constructor({ label, options = [], value = "", text = "", placeholder = "", find = null, onpick, props = {} }) {
      this.options = options;
      this.find = find;
      this.onpick = onpick;
      this.value = value;
      this.active = -1;
      this.matches = [];
      const list = uid("list");
      const known = options.find((option) => option.value === value);
      this.shown = known ? known.label : text || value;
      this.input = el("input", {
        type: "text",
        class: "eg-control",
        role: "combobox",
        autocomplete: "off",
        "aria-label": label,
        "aria-autocomplete": "list",
        "aria-expanded": "false",
        "aria-controls": list,
        placeholder,
        value: this.shown,
        on: {
          focus: () => this.input.select(),
          click: () => this.open(),
          input: () => this.open(this.input.value),
          keydown: (event) => this.key(event),
          blur: () => this.leave(),
        },
        ...props,
      });
      this.list = el("ul", { id: list, class: "eg-options", role: "listbox", "aria-label": label, hidden: true });
      this.list.addEventListener("mousedown", (event) => {
        event.preventDefault();
        const item = event.target.closest("[data-index]");
        if (item) this.pick(Number(item.dataset.index));
      });
      this.node = el("div", { class: "eg-combobox" }, this.input, this.list);
    }

    /** Shows what fits; an answer that a later question has overtaken is dropped. */
    open(text = "") {
      this.latest = this.ask(text);
      return this.latest;
    }

    async ask(text) {
      const turn = (this.turn = (this.turn ?? 0) + 1);
      const found = this.find ? await this.find(text) : this.filter(text);
      if (turn !== this.turn) return;
      this.matches = found;
      this.active = found.length && text ? this.nearest(found, text) : found.findIndex((option) => option.value === this.value);
      this.draw();
    }

    filter(text) {
      const wanted = folded(text);
      return this.options.filter((option) => folded(`${option.group ?? ""}${option.label}${option.value}`).includes(wanted));
    }

    /** What was meant most likely: called just so, then with it in its name; the groups stay in order. */
    nearest(found, text) {
      const wanted = folded(text);
      const ranks = found.map(({ label }) => [folded(label) === wanted, folded(label).includes(wanted), true].indexOf(true));
      return ranks.indexOf(Math.min(...ranks));
    }

    draw() {
      const rows = [];
      let group = null;
      this.matches.forEach((option, index) => {
        if (!this.find && option.group && option.group !== group) {
          group = option.group;
          rows.push(el("li", { class: "eg-option-group", role: "presentation" }, group));
        }
        rows.push(
          el(
            "li",
            { id: `${this.list.id}-${index}`, class: "eg-option", role: "option", "data-index": String(index), "aria-selected": index === this.active ? "true" : "false" },
            el("span", {}, option.label),
            this.find && option.group ? el("span", { class: "eg-quiet" }, option.group) : null,
          ),
        );
      });
      if (!rows.length) rows.push(el("li", { class: "eg-option-none", role: "presentation" }, gettext("Nothing found")));
      this.list.replaceChildren(...rows);
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      this.point();
    }

    point() {
      for (const item of this.list.querySelectorAll("[role=option]")) {
        const is = Number(item.dataset.index) === this.active;
        item.setAttribute("aria-selected", is ? "true" : "false");
        if (is) item.scrollIntoView({ block: "nearest" });
      }
      if (this.active >= 0) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
      else this.input.removeAttribute("aria-activedescendant");
    }

    close() {
      this.list.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    key(event) {
      const open = !this.list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!open) {
          this.open();
          return;
        }
        const step = event.key === "ArrowDown" ? 1 : -1;
        const count = this.matches.length;
        if (count) this.active = (this.active + step + count) % count;
        this.point();
      } else if (event.key === "Enter") {
        event.preventDefault();
        this.enter();
      } else if (event.key === "Escape" && open) {
        event.preventDefault();
        event.stopPropagation();
        this.input.value = this.shown;
        this.close();
      }
    }

    /** Takes the marked option, once the answer to what was typed has come. */
    async enter() {
      await this.latest;
      if (!this.list.hidden && this.matches[this.active]) this.pick(this.active);
      else this.open(this.input.value === this.shown ? "" : this.input.value);
    }

    pick(index) {
      const option = this.matches[index];
      this.value = option.value;
      this.shown = option.label;
      this.input.value = option.label;
      this.close();
      this.onpick(option);
    }

    leave() {
      if (this.list.hidden) return;
      const exact = this.matches.filter((option) => option.label === this.input.value.trim());
      if (exact.length === 1) this.pick(this.matches.indexOf(exact[0]));
      this.input.value = this.shown;
      this.close();
    }
  }

  window.Evergreen.Combobox = Combobox;
})();
