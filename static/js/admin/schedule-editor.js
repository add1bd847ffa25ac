/* When a rule is awake: dates, weekdays, days of the month, yearly dates, happy hours, and by whose clock. */
(() => {
  const { el, uid, icon, iconButton, select, say, words, field, boxes } = window.Evergreen;

  const weekdays = () => {
    const name = new Intl.DateTimeFormat(document.documentElement.lang || "zh", { weekday: "short", timeZone: "UTC" });
    return Array.from({ length: 7 }, (_, index) => [index + 1, name.format(new Date(Date.UTC(2024, 0, index + 1)))]);
  };

  class ScheduleEditor {
    constructor({ mount, textarea, faults = [], onchange }) {
      Object.assign(this, { mount, textarea, faults, onchange });
      try {
        this.state = JSON.parse(textarea.value || "{}") ?? {};
      } catch {
        this.state = {};
      }
      this.draw();
    }

    keep() {
      const text = JSON.stringify(this.state);
      if (this.textarea.value === text) return;
      this.textarea.value = text;
      this.onchange();
    }

    changeTerms() {}

    set(key, value) {
      if (value === null || value === "" || (Array.isArray(value) && !value.length)) delete this.state[key];
      else this.state[key] = value;
      this.keep();
    }

    labelled(label, key, control, hint = "") {
      const id = uid(key);
      const described = hint ? uid("hint") : null;
      control.id = id;
      control.removeAttribute("aria-label");
      if (described) control.setAttribute("aria-describedby", described);
      const fault = this.faults.find((each) => each.path === key || each.path.startsWith(`${key}.`));
      if (fault) control.setAttribute("aria-invalid", "true");
      return el(
        "div",
        { class: "eg-stack" },
        el("label", { for: id }, label),
        control,
        hint ? el("span", { id: described, class: "eg-hint" }, hint) : null,
        fault ? el("p", { class: "eg-fault" }, fault.message) : null,
      );
    }

    moment(key, label) {
      const value = (this.state[key] ?? "").slice(0, 16);
      return this.labelled(label, key, field("datetime-local", value, label, (text) => this.set(key, text)));
    }

    numbers(text) {
      return words(text).map((word) => (/^\d+$/.test(word) ? Number(word) : word));
    }

    draw() {
      const state = this.state;
      const days = field("text", (state.days_of_month ?? []).join(", "), "", (text) => this.set("days_of_month", this.numbers(text)), { inputmode: "numeric" });
      const dates = field("text", (state.dates ?? []).join(", "), "", (text) => this.set("dates", words(text)), {});
      const clock = select(
        [
          ["programme", gettext("the programme's clock")],
          ["member", gettext("the member's own clock")],
        ],
        state.clock ?? "programme",
        { on: { change: (event) => this.set("clock", event.target.value === "member" ? "member" : null) } },
      );
      this.mount.replaceChildren(
        el("div", { class: "eg-grid" }, this.moment("from", gettext("From")), this.moment("until", gettext("Until"))),
        el("div", { class: "eg-stack" }, el("span", { class: "eg-label", "aria-hidden": "true" }, gettext("Weekdays")), boxes(weekdays(), state.weekdays, gettext("Weekdays"), (next) => this.set("weekdays", next))),
        el(
          "div",
          { class: "eg-grid" },
          this.labelled(gettext("Days of the month"), "days_of_month", days, gettext("such as 18, or 8, 18, 28")),
          this.labelled(gettext("Dates, every year"), "dates", dates, gettext("month-day, such as 11-11, 06-18")),
        ),
        this.hours(),
        el("div", { class: "eg-grid" }, this.labelled(gettext("By"), "clock", clock)),
      );
      this.keep();
    }

    hours() {
      const spans = this.state.hours ?? [];
      const rows = spans.map((span, index) => {
        const time = (place, label) =>
          field(
            "time",
            span[place],
            label,
            (text) => {
              span[place] = text;
              this.keep();
            },
            { class: "eg-control eg-short" },
          );
        const remove = () => {
          spans.splice(index, 1);
          this.set("hours", spans);
          this.draw();
          this.mount.querySelector("[data-hours-add]").focus();
          say(gettext("Removed"));
        };
        return el("li", { class: "eg-pair" }, time(0, gettext("from")), el("span", {}, "–"), time(1, gettext("to")), iconButton("close", gettext("Remove these hours"), remove));
      });
      const add = () => {
        this.state.hours = [...spans, ["10:00", "14:00"]];
        this.draw();
        [...this.mount.querySelectorAll(".eg-hours li")].at(-1).querySelector("input").focus();
        say(gettext("Added"));
      };
      const fault = this.faults.find((each) => each.path.startsWith("hours"));
      return el(
        "div",
        { class: "eg-stack eg-hours" },
        el("span", { class: "eg-label" }, gettext("Happy hours")),
        el("ol", { class: "eg-hours-list" }, rows),
        fault ? el("p", { class: "eg-fault" }, fault.message) : null,
        el("p", {}, el("button", { type: "button", class: "eg-button eg-small eg-ghost", "data-hours-add": true, on: { click: add } }, icon("add"), gettext("Add hours"))),
      );
    }
  }

  window.Evergreen.ScheduleEditor = ScheduleEditor;
})();
