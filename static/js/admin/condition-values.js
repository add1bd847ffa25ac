/* The right control for each kind of value a comparison takes: number, money, text, choice, date, month, period. */
(() => {
  const { el, uid, select, money, whole, words } = window.Evergreen;

  const MONTHS = () => {
    const name = new Intl.DateTimeFormat(document.documentElement.lang || "zh", { month: "long", timeZone: "UTC" });
    return Array.from({ length: 12 }, (_, index) => [index + 1, name.format(new Date(Date.UTC(2024, index, 15)))]);
  };

  const field = (type, value, label, onchange, props = {}) =>
    el("input", {
      type,
      class: "eg-control",
      value: value ?? "",
      "aria-label": label,
      on: { input: (event) => onchange(event.target.value) },
      ...props,
    });

  const count = (value, label, onchange, props = {}) =>
    field("number", value, label, (text) => onchange(whole(text)), { class: "eg-control eg-short", inputmode: "numeric", step: "1", ...props });

  const amount = (value, label, onchange, terms) =>
    el(
      "span",
      { class: "eg-money" },
      el("span", { class: "eg-affix", "aria-hidden": "true" }, terms.money.symbol),
      field("text", money.toText(value, terms.money.digits), label, (text) => onchange(money.toMinor(text, terms.money.digits)), {
        class: "eg-control eg-short",
        inputmode: "decimal",
        autocomplete: "off",
        "aria-label": `${label} (${terms.money.symbol})`,
      }),
    );

  const boxes = (choices, chosen, label, onchange) => {
    const set = new Set(chosen ?? []);
    return el(
      "fieldset",
      { class: "eg-boxes" },
      el("legend", { class: "eg-hidden" }, label),
      choices.map(([value, name]) =>
        el(
          "label",
          { class: "eg-box" },
          el("input", {
            type: "checkbox",
            checked: set.has(value),
            on: {
              change: (event) => {
                if (event.target.checked) set.add(value);
                else set.delete(value);
                onchange(choices.map(([code]) => code).filter((code) => set.has(code)));
              },
            },
          }),
          el("span", {}, name),
        ),
      ),
    );
  };

  const single = (fact, value, label, onchange, terms) => {
    if (fact.choices) {
      const choices = [["", gettext("choose…")], ...fact.choices];
      return select(choices, value ?? "", { "aria-label": label, on: { change: (event) => onchange(event.target.value || null) } });
    }
    if (fact.type === "money") return amount(value, label, onchange, terms);
    if (fact.type === "number") return count(value, label, onchange);
    return field("text", value, label, (text) => onchange(text || null), { autocomplete: "off" });
  };

  const pair = (fact, value, label, onchange, terms) => {
    const both = Array.isArray(value) ? [...value] : [null, null];
    const part = (index, name) =>
      single(
        fact,
        both[index],
        `${label}: ${name}`,
        (next) => {
          both[index] = next;
          onchange([...both]);
        },
        terms,
      );
    return el("span", { class: "eg-pair" }, part(0, gettext("from")), el("span", {}, gettext("to")), part(1, gettext("to")));
  };

  const many = (fact, value, label, onchange) => {
    if (fact.choices) return boxes(fact.choices, value, label, onchange);
    const hint = uid("hint");
    return el(
      "span",
      {},
      el("textarea", { class: "eg-control", rows: "2", "aria-label": label, "aria-describedby": hint, on: { input: (event) => onchange(words(event.target.value)) } }, (value ?? []).join("\n")),
      el("span", { id: hint, class: "eg-hint" }, gettext("one on each line")),
    );
  };

  /** The control for what ``op.takes``; ``null`` where it takes nothing. */
  const valueControl = (fact, op, value, label, onchange, terms) => {
    switch (op.takes) {
      case "one":
        return single(fact, value, label, onchange, terms);
      case "two":
        return pair(fact, value, label, onchange, terms);
      case "many":
        return many(fact, value, label, onchange);
      case "date":
        return field("date", value, label, (text) => onchange(text || null));
      case "days":
      case "ahead":
        return el("span", { class: "eg-pair" }, count(value, label, onchange, { min: op.takes === "days" ? "1" : "0" }), el("span", {}, gettext("days")));
      case "month": {
        const choices = [["current", gettext("the current month")], ...MONTHS()];
        const pick = (event) => onchange(event.target.value === "current" ? "current" : Number(event.target.value));
        return select(choices, value ?? "current", { "aria-label": label, on: { change: pick } });
      }
      default:
        return null;
    }
  };

  /** A fresh value for a comparison, kept from the old one where it still fits. */
  const valueFor = (op, old, oldTakes) => {
    if (op.takes === oldTakes) return old;
    if (op.takes === "nothing") return undefined;
    if (op.takes === "month") return "current";
    if (op.takes === "many") return oldTakes === "one" && old ? [old] : [];
    if (op.takes === "one" && oldTakes === "many") return old?.[0] ?? null;
    if (op.takes === "two") return [null, null];
    return null;
  };

  const UNITS = () => [
    ["days", gettext("the last days")],
    ["month", gettext("this month")],
    ["quarter", gettext("this quarter")],
    ["year", gettext("this year")],
    ["lifetime", gettext("all time")],
  ];
  const HANGING = () => [
    ["since", gettext("since a date: …")],
    ["anniversary", gettext("since the last anniversary of: …")],
  ];

  const unitOf = (period) => ["since", "anniversary", "lifetime"].find((unit) => period?.[unit]) ?? period?.calendar ?? "days";

  const written = (state) => {
    if (state.unit === "days") return { days: state.days };
    if (state.unit === "lifetime") return { lifetime: true };
    return ["since", "anniversary"].includes(state.unit) ? { [state.unit]: state.date } : { calendar: state.unit };
  };

  /** The period a counted number is counted over; `dates` are those of a member it may hang on, [code, label]. */
  const periodControl = (period, label, dates, onchange) => {
    const state = {
      unit: unitOf(period),
      days: period?.days ?? 30,
      counts: period?.count === "days",
      date: period?.since ?? period?.anniversary ?? dates[0]?.[0],
    };
    const told = () => {
      const next = written(state);
      if (state.counts) next.count = "days";
      onchange(next);
    };
    const days = count(
      state.days,
      [label, gettext("number of days")].join(": "),
      (next) => {
        state.days = next;
        told();
      },
      { min: "1" },
    );
    const date = select(dates, state.date, {
      "aria-label": [label, gettext("which date")].join(": "),
      on: {
        change: (event) => {
          state.date = event.target.value;
          told();
        },
      },
    });
    const show = () => {
      days.hidden = state.unit !== "days";
      date.hidden = !["since", "anniversary"].includes(state.unit);
    };
    show();
    const unit = select([...UNITS(), ...(dates.length ? HANGING() : [])], state.unit, {
      "aria-label": [label, gettext("period")].join(": "),
      on: {
        change: (event) => {
          state.unit = event.target.value;
          show();
          told();
        },
      },
    });
    const measure = select(
      [
        ["sum", gettext("in total")],
        ["days", gettext("days with any")],
      ],
      state.counts ? "days" : "sum",
      {
        "aria-label": [label, gettext("how it is counted")].join(": "),
        on: {
          change: (event) => {
            state.counts = event.target.value === "days";
            told();
          },
        },
      },
    );
    return el("span", { class: "eg-pair" }, unit, days, date, measure);
  };

  Object.assign(window.Evergreen, { valueControl, valueFor, periodControl, field, count, amount, boxes });
})();
