/* The "If" of a rule: nested all / any / none / at least n groups of comparisons. It keeps the JSON in the textarea it dresses. */
(() => {
  const { el, uid, icon, iconButton, select, say, Combobox, valueControl, valueFor, periodControl } = window.Evergreen;
  const WAYS = () => [
    ["all", gettext("all of these hold")],
    ["any", gettext("any of these holds")],
    ["none", gettext("none of these holds")],
    ["at_least", gettext("at least so many of these hold")],
  ];
  const MAX_DEPTH = 6;

  const wayOf = (group) => ["all", "any", "none", "at_least"].find((way) => way in group) ?? "all";
  /** Where a group keeps its members: under its way, or beside the number. */
  const placeOf = (way) => (way === "at_least" ? "of" : way);

  class ConditionEditor {
    constructor({ mount, textarea, terms, faults = [], onchange }) {
      Object.assign(this, { mount, textarea, terms, faults, onchange });
      this.rows = new WeakMap();
      this.root = this.read();
      this.draw();
    }

    read() {
      let tree = {};
      try {
        tree = JSON.parse(this.textarea.value || "{}") ?? {};
      } catch {
        tree = {};
      }
      if ("fact" in tree) return { all: [tree] };
      return ["all", "any", "none", "of"].some((place) => Array.isArray(tree[place])) ? tree : { all: [] };
    }

    /** Puts the tree back into the textarea; an empty root always holds. */
    keep() {
      const text = this.root[placeOf(wayOf(this.root))].length ? JSON.stringify(this.root) : "{}";
      if (this.textarea.value === text) return;
      this.textarea.value = text;
      this.onchange();
    }

    changeTerms(terms) {
      this.terms = terms;
      this.draw();
    }

    draw() {
      this.mount.replaceChildren(this.group(this.root, null, "", 1));
      this.keep();
    }

    fault(path) {
      return this.faults.find((fault) => fault.path === path)?.message;
    }

    /** Ties a refusal to its control. */
    blame(control, path) {
      const found = this.fault(path) ?? (path.endsWith(".value") ? this.faults.find((fault) => fault.path.startsWith(`${path}.`))?.message : undefined);
      if (!control || !found) return null;
      const target = control.matches("input, select, textarea") ? control : control.querySelector("input, select, textarea");
      const id = uid("fault");
      target?.setAttribute("aria-invalid", "true");
      target?.setAttribute("aria-describedby", id);
      return el("p", { id, class: "eg-fault" }, found);
    }

    group(node, parent, path, depth) {
      const way = wayOf(node);
      const place = placeOf(way);
      const inside = path ? `${path}.${place}` : place;
      const children = node[place];
      const chooser = select(WAYS(), way, {
        class: "eg-control eg-way",
        "aria-label": depth === 1 ? gettext("How the conditions combine") : gettext("How this group combines"),
        on: {
          change: (event) => {
            const next = event.target.value;
            for (const key of Object.keys(node)) delete node[key];
            if (next === "at_least") node.at_least = Math.min(2, Math.max(1, children.length));
            node[placeOf(next)] = children;
            this.draw();
            this.focus(node);
          },
        },
      });
      this.rows.set(node, chooser);
      if (way === "at_least" && node.at_least > children.length) node.at_least = Math.max(1, children.length);
      const least = way === "at_least" ? this.least(node, path, children) : [];
      const list = el(
        "ol",
        { class: "eg-leaves" },
        children.map((child, index) => {
          const here = `${inside}.${index}`;
          const content = "fact" in child ? this.leaf(child, here) : this.group(child, children, here, depth + 1);
          return el("li", { class: "fact" in child ? "eg-leaf" : "eg-branch" }, content, this.tools(children, index, child));
        }),
      );
      const empty = !children.length && depth === 1 ? el("p", { class: "eg-quiet" }, gettext("Always. Add a condition to narrow it down.")) : null;
      return el(
        "div",
        { class: depth === 1 ? "eg-group eg-root" : "eg-group", role: "group", "aria-label": gettext("Conditions") },
        children.length || depth > 1 ? el("p", { class: "eg-way-line" }, chooser, least) : null,
        empty,
        list,
        this.blame(chooser, inside),
        this.adders(node, children, depth),
      );
    }

    /** How many of the group must hold, with its refusal. */
    least(node, path, children) {
      const here = path ? `${path}.at_least` : "at_least";
      const control = el("input", {
        type: "number",
        class: "eg-control eg-short",
        min: "1",
        max: String(Math.max(1, children.length)),
        step: "1",
        inputmode: "numeric",
        value: node.at_least ?? "",
        "aria-label": gettext("How many must hold"),
        on: {
          input: (event) => {
            node.at_least = event.target.value === "" ? null : Number(event.target.value);
            this.keep();
          },
        },
      });
      return [control, this.blame(control, here)];
    }

    adders(node, children, depth) {
      const add = (child, words) => () => {
        children.push(child());
        this.draw();
        this.focus(children.at(-1));
        say(words);
      };
      return el(
        "p",
        { class: "eg-adders" },
        el("button", { type: "button", class: "eg-button eg-small", on: { click: add(() => ({ fact: "", op: "", value: null }), gettext("Condition added")) } }, icon("add"), gettext("Add condition")),
        depth < MAX_DEPTH && children.length
          ? el("button", { type: "button", class: "eg-button eg-small eg-ghost", on: { click: add(() => ({ any: [{ fact: "", op: "", value: null }] }), gettext("Group added")) } }, icon("account_tree"), gettext("Add group"))
          : null,
      );
    }

    tools(siblings, index, child) {
      const move = (step) => () => {
        siblings.splice(index, 1);
        siblings.splice(index + step, 0, child);
        this.draw();
        this.focus(child, step < 0 ? "up" : "down");
        say(gettext("Moved"));
      };
      const remove = () => {
        siblings.splice(index, 1);
        this.draw();
        const near = siblings[Math.min(index, siblings.length - 1)];
        if (near) this.focus(near);
        else this.mount.querySelector(".eg-adders button")?.focus();
        say(gettext("Removed"));
      };
      return el(
        "span",
        { class: "eg-tools" },
        iconButton("arrow_upward", gettext("Move up"), move(-1), { disabled: index === 0, "data-tool": "up" }),
        iconButton("arrow_downward", gettext("Move down"), move(1), { disabled: index === siblings.length - 1, "data-tool": "down" }),
        iconButton("close", "fact" in child ? gettext("Remove condition") : gettext("Remove group"), remove, { "data-tool": "remove" }),
      );
    }

    leaf(node, path) {
      const fact = this.terms.facts.find((each) => each.code === node.fact);
      const name = fact?.label ?? gettext("Condition");
      const box = new Combobox({
        label: gettext("What is compared"),
        placeholder: gettext("Search: amount, tier, spend…"),
        options: this.terms.facts.map((each) => ({ value: each.code, label: each.label, group: each.group })),
        value: node.fact,
        onpick: (option) => this.pick(node, option.value),
      });
      this.rows.set(node, box.input);
      const faults = [this.blame(box.input, path), this.blame(box.input, `${path}.fact`)];
      if (!fact) return el("div", { class: "eg-leaf-body" }, el("div", { class: "eg-leaf-line" }, box.node), faults);
      const op = fact.ops.find((each) => each.code === node.op) ?? fact.ops[0];
      const ops = select(
        fact.ops.map((each) => [each.code, each.label]),
        op.code,
        { "aria-label": [name, gettext("comparison")].join(": "), on: { change: (event) => this.compare(node, fact, event.target.value) } },
      );
      const value = valueControl(fact, op, node.value, [name, gettext("value")].join(": "), (next) => this.set(node, next), this.terms);
      const dates = this.terms.facts.filter((each) => each.type === "date" && !each.code.startsWith("event."));
      const period = fact.needs_window ? periodControl(node.window, name, dates.map((each) => [each.code, each.label]), (next) => this.count(node, next)) : null;
      const places = ["window", "window.days", "window.since", "window.anniversary"];
      faults.push(...places.map((place) => this.blame(period, `${path}.${place}`)), this.blame(ops, `${path}.op`), this.blame(value, `${path}.value`));
      return el("div", { class: "eg-leaf-body", role: "group", "aria-label": name }, el("div", { class: "eg-leaf-line" }, box.node, period, ops, value), faults);
    }

    pick(node, code) {
      const fact = this.terms.facts.find((each) => each.code === code);
      node.fact = code;
      const op = fact.ops.find((each) => each.code === "gte") ?? fact.ops[0];
      node.op = op.code;
      this.put(node, valueFor(op, null, ""));
      if (fact.needs_window) node.window = node.window ?? { days: 30 };
      else delete node.window;
      this.draw();
      this.rows.get(node)?.closest(".eg-leaf-line")?.querySelectorAll("select, input")[1]?.focus();
    }

    compare(node, fact, code) {
      const before = fact.ops.find((each) => each.code === node.op);
      const after = fact.ops.find((each) => each.code === code);
      node.op = code;
      this.put(node, valueFor(after, node.value, before?.takes));
      this.draw();
      const line = this.rows.get(node)?.closest(".eg-leaf-line");
      [...(line?.querySelectorAll("select") ?? [])].find((each) => each.value === code)?.focus();
    }

    put(node, value) {
      if (value === undefined) delete node.value;
      else node.value = value;
    }

    set(node, value) {
      node.value = value;
      this.keep();
    }

    count(node, window) {
      node.window = window;
      this.keep();
    }

    focus(node, tool = "") {
      const control = this.rows.get(node);
      if (!control) return;
      const button = tool ? control.closest("li")?.querySelector(`:scope > .eg-tools [data-tool=${tool}]`) : null;
      (button && !button.disabled ? button : control).focus();
    }
  }

  window.Evergreen.ConditionEditor = ConditionEditor;
})();
