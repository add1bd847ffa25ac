/* Small tools of the admin's editors: making elements, unique ids, and telling a screen reader. */
(() => {
  const Evergreen = (window.Evergreen = window.Evergreen || {});
  let serial = 0;

  /** An element with attributes, listeners (on: {event: handler}) and children; text is never parsed as HTML. */
  Evergreen.el = (tag, props = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
      else if (name === "value") node.value = value;
      else if (name === "checked" || name === "selected" || name === "open") node[name] = Boolean(value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  };

  Evergreen.uid = (stem) => `eg-${stem}-${(serial += 1)}`;

  /** A symbol of the theme's icon font; it says nothing to a screen reader. */
  Evergreen.icon = (name) => Evergreen.el("span", { class: "material-symbols-outlined", "aria-hidden": "true" }, name);

  /** A round button whose only sign is an icon. */
  Evergreen.iconButton = (name, label, handler, props = {}) =>
    Evergreen.el(
      "button",
      { type: "button", class: "eg-icon-button", "aria-label": label, title: label, on: { click: handler }, ...props },
      Evergreen.icon(name),
    );

  /** A select of [value, label] pairs, or of {group, items} for groups. */
  Evergreen.select = (choices, value, props = {}) =>
    Evergreen.el(
      "select",
      { class: "eg-control", ...props },
      choices.map(([code, label]) => Evergreen.el("option", { value: code, selected: String(code) === String(value) }, label)),
    );

  /** Says a sentence through the page's polite live region. */
  Evergreen.say = (text) => {
    const region = document.querySelector("[data-announcer]");
    if (!region) return;
    region.textContent = "";
    window.setTimeout(() => {
      region.textContent = text;
    }, 60);
  };

  /** Calls back once the caller has been quiet for a while. */
  Evergreen.calm = (callback, wait = 350) => {
    let timer = 0;
    return (...rest) => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => callback(...rest), wait);
    };
  };

  /** Money typed by people ↔ minor units. What can't be read stays text, so the server can say so. */
  Evergreen.money = {
    toMinor(text, digits) {
      const plain = text.trim().replaceAll(",", "");
      const pattern = digits ? new RegExp(`^-?\\d+(\\.\\d{1,${digits}})?$`) : /^-?\d+$/;
      if (!pattern.test(plain)) return plain === "" ? null : text;
      const [whole, cents = ""] = plain.split(".");
      return Number(whole + cents.padEnd(digits, "0"));
    },
    toText(minor, digits) {
      if (typeof minor !== "number") return minor ?? "";
      const sign = minor < 0 ? "-" : "";
      const plain = String(Math.abs(minor)).padStart(digits + 1, "0");
      if (!digits) return sign + plain;
      const cents = plain.slice(-digits);
      return sign + plain.slice(0, -digits) + (Number(cents) ? `.${cents}` : "");
    },
  };

  Evergreen.whole = (text) => (/^-?\d+$/.test(text.trim()) ? Number(text) : text.trim() === "" ? null : text);
  Evergreen.words = (text) => text.split(/[,，、;；\n]+/).map((word) => word.trim()).filter(Boolean);
})();
