/* Parts of an effect on points: the steps of a ladder, what is counted, how long points live, what they wait for. */
(() => {
  const { el, uid, icon, iconButton, select, say, count, amount } = window.Evergreen;
  const HUNDRED = 10000;

  const MEASURES = () => [
    ["quantity", gettext("items")],
    ["amount", gettext("money spent")],
  ];

  /** Pieces or money, whichever the effect counts. */
  const measured = (item, value, label, key, onchange, terms) => {
    if (item.by !== "amount") return count(value, label, onchange, { min: "1", "data-key": key });
    const money = amount(value, label, onchange, terms);
    money.dataset.key = key;
    return money;
  };

  /** Chooses what is counted; figures keep their size, so 3 items become 300.00 and back. */
  const measure = (item, redraw) =>
    select(MEASURES(), item.by, {
      "aria-label": gettext("What is counted"),
      "data-key": "by",
      on: {
        change: (event) => {
          const turn = (value) => {
            if (typeof value !== "number") return value;
            return event.target.value === "amount" ? value * HUNDRED : Math.max(Math.round(value / HUNDRED), 1);
          };
          item.by = event.target.value;
          if (item.effect === "points.every") item.every = turn(item.every);
          for (const step of item.steps ?? []) step.from = turn(step.from);
          redraw("by");
        },
      },
    });

  /** The steps of a ladder, each a line: from so much on, so many points. */
  const ladder = (item, { keep, redraw, terms }) => {
    if (!Array.isArray(item.steps)) item.steps = [];
    const line = (step, index) =>
      el(
        "li",
        { class: "eg-step" },
        el("span", {}, pgettext("step", "from")),
        measured(item, step.from, interpolate(gettext("Step %s begins at"), [index + 1]), `steps.${index}.from`, (next) => {
          step.from = next;
          keep();
        }, terms),
        el("span", {}, pgettext("step", "on:")),
        count(
          step.points,
          interpolate(gettext("Step %s brings"), [index + 1]),
          (next) => {
            step.points = next;
            keep();
          },
          { min: "1", "data-key": `steps.${index}.points` },
        ),
        el("span", {}, gettext("points")),
        item.steps.length > 1
          ? iconButton("close", gettext("Remove this step"), () => {
              item.steps.splice(index, 1);
              redraw(`steps.${Math.max(index - 1, 0)}.from`);
              say(gettext("Removed"));
            })
          : null,
      );
    const add = () => {
      const last = item.steps.at(-1) ?? { from: item.by === "amount" ? HUNDRED : 1, points: 25 };
      item.steps.push({ from: (last.from || 1) * 2, points: (last.points || 1) * 2 });
      redraw(`steps.${item.steps.length - 1}.from`);
      say(gettext("Added"));
    };
    return el(
      "div",
      { class: "eg-steps", "data-key": "steps" },
      el("ol", {}, item.steps.map(line)),
      el("button", { type: "button", class: "eg-button eg-small", on: { click: add } }, icon("add"), gettext("Add a step")),
    );
  };

  /** How long the points live, and what they wait for: folded away until a rule wants it. */
  const life = (item, { keep, redraw, terms }) => {
    const put = (key, value) => {
      if (value) item[key] = value;
      else delete item[key];
    };
    const chosen = (key, part, choices, label, fresh) => {
      const id = uid(key);
      const pick = (event) => {
        put(key, event.target.value ? { ...fresh(event.target.value), [part]: event.target.value } : null);
        redraw(`${key}.${part}`);
      };
      return el("span", { class: "eg-stack" }, el("label", { for: id }, label), select(choices, item[key]?.[part] ?? "", { id, "data-key": `${key}.${part}`, on: { change: pick } }));
    };
    const figure = (key, part, label, min) => {
      const id = uid(part);
      const change = (next) => {
        item[key][part] = next;
        keep();
      };
      return el("span", { class: "eg-stack" }, el("label", { for: id }, label), count(item[key][part], null, change, { id, min, "data-key": `${key}.${part}` }));
    };
    const units = { months: gettext("Months"), month_end: gettext("Months"), quarter_end: gettext("Quarters"), year_end: gettext("Years"), dates: gettext("At least so many days away") };
    const usual = (mode) => (mode === "never" ? {} : { length: { days: 30, dates: 30, months: 12 }[mode] ?? 1 });
    const expiry = item.expiry;
    return el(
      "details",
      { class: "eg-details", open: Boolean(expiry || item.wait) },
      el("summary", {}, gettext("How long they live, what they wait for…")),
      el(
        "div",
        { class: "eg-grid" },
        chosen("expiry", "mode", [["", gettext("as all points of this kind")], ...terms.lifetimes], gettext("These points expire"), usual),
        expiry && expiry.mode !== "never" ? figure("expiry", "length", units[expiry.mode] ?? gettext("Days"), "0") : el("span"),
        chosen("wait", "for", [["", gettext("nothing: they come at once")], ...terms.awaited], gettext("They wait for"), () => ({ days: 30 })),
        item.wait ? figure("wait", "days", gettext("Gone after so many days without it"), "1") : el("span"),
      ),
    );
  };

  Object.assign(window.Evergreen, { effectTerms: { measure, measured, ladder, life } });
})();
