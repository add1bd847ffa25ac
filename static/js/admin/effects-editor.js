/* The "Then" of a rule and its limits: sentences with blanks. Each keeps its JSON in the textarea it dresses. */
(() => {
  const { el, icon, iconButton, select, say, uid, words, field, count, amount, valueControl, effectTerms } = window.Evergreen;

  const FRESH = {
    "points.rate": () => ({ effect: "points.rate", currency: "points", points: 1, per_minor: 100 }),
    "points.fixed": () => ({ effect: "points.fixed", currency: "points", points: 50 }),
    "points.multiply": () => ({ effect: "points.multiply", currency: "points", factor: "2" }),
    "points.ladder": () => ({ effect: "points.ladder", currency: "points", by: "quantity", steps: [{ from: 3, points: 50 }] }),
    "points.every": () => ({ effect: "points.every", currency: "points", by: "amount", every: 10000, points: 10 }),
  };

  /** A list of JSON objects shown as rows that can be added, moved and removed. */
  class ListEditor {
    constructor({ mount, textarea, terms, faults = [], onchange }) {
      Object.assign(this, { mount, textarea, terms, faults, onchange });
      try {
        this.items = JSON.parse(textarea.value || "[]") ?? [];
      } catch {
        this.items = [];
      }
      if (!Array.isArray(this.items)) this.items = [];
      this.draw();
    }

    keep() {
      const text = JSON.stringify(this.items);
      if (this.textarea.value === text) return;
      this.textarea.value = text;
      this.onchange();
    }

    changeTerms(terms) {
      this.terms = terms;
      this.draw();
    }

    /** Sets or, where empty, removes a key. */
    set(item, key, value) {
      if (value === null || value === "" || value === false || (Array.isArray(value) && !value.length)) delete item[key];
      else item[key] = value;
      this.keep();
    }

    row(item, index) {
      const faults = this.faults.filter((fault) => fault.path === String(index) || fault.path.startsWith(`${index}.`));
      const body = el("div", { class: "eg-leaf-body" }, this.body(item), this.more(item));
      for (const fault of faults) {
        const id = uid("fault");
        const [, ...keys] = fault.path.split(".");
        const found = [keys.join("."), keys.at(-1)].map((key) => body.querySelector(`input[data-key="${key}"], select[data-key="${key}"], [data-key="${key}"] input`));
        const control = found[0] ?? found[1] ?? body.querySelector("input, select");
        control?.setAttribute("aria-invalid", "true");
        control?.setAttribute("aria-describedby", id);
        body.append(el("p", { id, class: "eg-fault" }, fault.message));
      }
      return el("li", { class: "eg-leaf" }, body, this.tools(index));
    }

    tools(index) {
      const move = (step) => () => {
        const [item] = this.items.splice(index, 1);
        this.items.splice(index + step, 0, item);
        this.draw(index + step);
        say(gettext("Moved"));
      };
      const remove = () => {
        this.items.splice(index, 1);
        this.draw(Math.min(index, this.items.length - 1));
        say(gettext("Removed"));
      };
      return el(
        "span",
        { class: "eg-tools" },
        iconButton("arrow_upward", gettext("Move up"), move(-1), { disabled: index === 0 }),
        iconButton("arrow_downward", gettext("Move down"), move(1), { disabled: index === this.items.length - 1 }),
        iconButton("close", gettext("Remove"), remove),
      );
    }

    draw(focused = null) {
      const rows = this.items.map((item, index) => this.row(item, index));
      const general = this.faults.filter((fault) => !/^\d/.test(fault.path)).map((fault) => el("p", { class: "eg-fault" }, fault.message));
      const add = el("button", { type: "button", class: "eg-button eg-small", on: { click: () => this.add() } }, icon("add"), this.addLabel());
      this.mount.replaceChildren(
        ...(rows.length ? [el("ol", { class: "eg-leaves" }, rows)] : [el("p", { class: "eg-quiet" }, this.emptyText())]),
        ...general,
        el("p", { class: "eg-adders" }, add),
      );
      this.keep();
      if (focused !== null) (rows[focused]?.querySelector("select, input") ?? add).focus();
    }

    add() {
      this.items.push(this.fresh());
      this.draw(this.items.length - 1);
      say(gettext("Added"));
    }

    more() {
      return null;
    }

    currency(item) {
      return select(this.terms.currencies, item.currency ?? "points", {
        "aria-label": gettext("Unit"),
        "data-key": "currency",
        on: { change: (event) => this.set(item, "currency", event.target.value) },
      });
    }
  }

  class EffectsEditor extends ListEditor {
    addLabel() {
      return gettext("Add an effect");
    }

    emptyText() {
      return gettext("Nothing yet. Say what the member gets.");
    }

    fresh() {
      return FRESH["points.fixed"]();
    }

    kinds() {
      return [
        ["points.rate", gettext("points for money spent")],
        ["points.fixed", gettext("a fixed number of points")],
        ["points.multiply", gettext("points multiplied")],
        ["points.ladder", gettext("a ladder: more points from each step on")],
        ["points.every", gettext("points for every so much")],
        ...this.terms.effects.map((effect) => [effect.code, effect.label]),
      ];
    }

    body(item) {
      const kinds = this.kinds();
      if (!kinds.some(([code]) => code === item.effect)) kinds.push([item.effect, item.effect]);
      const chooser = select(kinds, item.effect, {
        "aria-label": gettext("What is given"),
        on: {
          change: (event) => {
            const code = event.target.value;
            const fresh = FRESH[code]?.() ?? this.blank(code);
            for (const key of Object.keys(item)) delete item[key];
            Object.assign(item, fresh);
            this.draw(this.items.indexOf(item));
          },
        },
      });
      return el("div", { class: "eg-leaf-line" }, chooser, this.blanks(item));
    }

    blank(code) {
      const effect = this.terms.effects.find((each) => each.code === code);
      const given = { effect: code };
      for (const param of effect?.params ?? []) if (param.default !== null) given[param.code] = param.default;
      return given;
    }

    blanks(item) {
      const text = (words) => el("span", {}, words);
      const number = (key, label) => count(item[key], label, (next) => this.set(item, key, next), { min: "1", "data-key": key });
      switch (item.effect) {
        case "points.rate": {
          const money = amount(item.per_minor, gettext("for every amount"), (next) => this.set(item, "per_minor", next), this.terms);
          money.dataset.key = "per_minor";
          return [text(":"), number("points", gettext("Points")), this.currency(item), text(gettext("for every")), money];
        }
        case "points.fixed":
          return [text(":"), number("points", gettext("Points")), this.currency(item)];
        case "points.multiply":
          return [
            text(":"),
            this.currency(item),
            text("×"),
            field("text", item.factor, gettext("Factor"), (next) => this.set(item, "factor", next.trim()), { class: "eg-control eg-short", inputmode: "decimal", "data-key": "factor" }),
          ];
        case "points.ladder":
          return [text(":"), this.currency(item), text(gettext("by")), effectTerms.measure(item, this.again(item)), effectTerms.ladder(item, this.hands(item))];
        case "points.every":
          return [
            text(":"),
            number("points", gettext("Points")),
            this.currency(item),
            text(gettext("for every full")),
            effectTerms.measured(item, item.every, gettext("for every full"), "every", (next) => this.set(item, "every", next), this.terms),
            effectTerms.measure(item, this.again(item)),
          ];
        default:
          return this.params(item);
      }
    }

    /** Draws the item again, with the focus on the control of that key. */
    again(item) {
      return (key) => {
        const index = this.items.indexOf(item);
        this.draw(index);
        this.mount.querySelectorAll(".eg-leaf")[index]?.querySelector(`input[data-key="${key}"], select[data-key="${key}"], [data-key="${key}"] input`)?.focus();
      };
    }

    hands(item) {
      return { keep: () => this.keep(), redraw: this.again(item), terms: this.terms };
    }

    params(item) {
      const effect = this.terms.effects.find((each) => each.code === item.effect);
      return (effect?.params ?? []).map((param) => {
        const op = { takes: param.type === "date" ? "date" : "one" };
        if (param.type === "boolean") {
          const box = el("input", { type: "checkbox", checked: item[param.code], on: { change: (event) => this.set(item, param.code, event.target.checked) } });
          return el("label", { class: "eg-box" }, box, el("span", {}, param.label));
        }
        const control = valueControl(param, op, item[param.code], param.label, (next) => this.set(item, param.code, next), this.terms);
        const target = control.matches("input, select, textarea") ? control : control.querySelector("input");
        target.dataset.key = param.code;
        return el("span", { class: "eg-pair" }, el("span", { "aria-hidden": "true" }, param.label), control);
      });
    }

    more(item) {
      return item.effect?.startsWith("points.") ? [this.goods(item), effectTerms.life(item, this.hands(item))] : null;
    }

    goods(item) {
      const lines = item.lines ?? {};
      const list = (side, key, label) => {
        const id = uid("goods");
        const keepWords = (text) => {
          const found = words(text);
          const chosen = { ...(item.lines?.[side] ?? {}), [key]: found };
          if (!found.length) delete chosen[key];
          const next = { ...(item.lines ?? {}), [side]: chosen };
          if (!Object.keys(chosen).length) delete next[side];
          this.set(item, "lines", Object.keys(next).length ? next : null);
        };
        const input = field("text", (lines[side]?.[key] ?? []).join(", "), label, keepWords, { id, "aria-label": null });
        return el("span", { class: "eg-stack" }, el("label", { for: id }, label), input);
      };
      const box = (key, label) =>
        el("label", { class: "eg-box" }, el("input", { type: "checkbox", checked: item[key], on: { change: (event) => this.set(item, key, event.target.checked) } }), el("span", {}, label));
      return el(
        "details",
        { class: "eg-details", open: Boolean(item.lines || item.freight || item.points_paid) },
        el("summary", {}, gettext("Only for some goods, freight…")),
        el(
          "div",
          { class: "eg-grid" },
          list("include", "category", gettext("Only these categories")),
          list("include", "sku", gettext("Only these SKUs")),
          list("exclude", "category", gettext("Without these categories")),
          list("exclude", "sku", gettext("Without these SKUs")),
        ),
        !["points.rate", "points.multiply"].includes(item.effect) ? null : el("p", {}, box("freight", gettext("Freight counts as well"))),
        item.effect === "points.rate" ? el("p", {}, box("points_paid", gettext("The part paid with points counts as well"))) : null,
      );
    }
  }

  class CapsEditor extends ListEditor {
    addLabel() {
      return gettext("Add a limit");
    }

    emptyText() {
      return gettext("No limit. Each member gets it every time.");
    }

    fresh() {
      return { per: "day", currency: "points", limit: 100, over: "clip", of: "member" };
    }

    body(item) {
      const per = [
        ["order", gettext("per order")],
        ["day", gettext("a day")],
        ["month", gettext("a month")],
        ["year", gettext("a year")],
        ["lifetime", gettext("in all")],
      ];
      const over = [
        ["clip", gettext("more is cut off")],
        ["reject", gettext("more is given not at all")],
      ];
      const pick = (key, choices, label) =>
        select(choices, item[key], { "aria-label": label, "data-key": key, on: { change: (event) => this.set(item, key, event.target.value) } });
      const whose = [
        ["member", gettext("Each member at most")],
        ["everyone", gettext("Everybody together at most")],
      ];
      const share = (event) => {
        item.of = event.target.value;
        if (item.of === "everyone" && item.per === "order") item.per = "day";
        this.draw(this.items.indexOf(item));
      };
      const shared = item.of === "everyone";
      return el(
        "div",
        { class: "eg-leaf-line" },
        select(whose, item.of ?? "member", { "aria-label": gettext("Whose limit"), "data-key": "of", on: { change: share } }),
        count(item.limit, gettext("Limit"), (next) => this.set(item, "limit", next), { min: "1", "data-key": "limit" }),
        this.currency(item),
        pick("per", shared ? per.slice(1) : per, gettext("Period")),
        pick("over", over, gettext("What is over the limit")),
      );
    }
  }

  Object.assign(window.Evergreen, { EffectsEditor, CapsEditor });
})();
