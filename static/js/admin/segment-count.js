/* Counts while one edits: whoever the condition holds for, with a few of them. Asks once the editor has been
   quiet, and drops an answer that a later question has overtaken. */
(() => {
  const { el, calm } = window.Evergreen;

  class LiveCount {
    constructor(textarea, panel) {
      this.textarea = textarea;
      this.panel = panel;
      this.words = panel.querySelector("[data-count-words]");
      this.bar = panel.querySelector("[data-count-bar]");
      this.sentence = panel.querySelector("[data-count-sentence]");
      this.samples = panel.querySelector("[data-count-samples]");
      this.ask = calm(() => this.look(), 500);
      textarea.addEventListener("change", () => this.ask());
      this.look();
    }

    async look() {
      this.asking?.abort();
      const asking = (this.asking = new AbortController());
      this.panel.setAttribute("aria-busy", "true");
      const body = new FormData();
      body.set("condition", this.textarea.value);
      body.set("code", document.querySelector("[name=code]")?.value ?? this.panel.dataset.code ?? "");
      try {
        const answer = await fetch(this.textarea.dataset.count, {
          method: "POST",
          body,
          signal: asking.signal,
          headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
        });
        if (answer.ok) this.show(await answer.json());
        else this.tell(gettext("The count cannot be had right now. You can go on editing."));
      } catch (fault) {
        if (fault.name === "AbortError") return;
        this.tell(gettext("The count cannot be had right now. You can go on editing."));
      }
      this.panel.removeAttribute("aria-busy");
    }

    tell(text) {
      this.words.textContent = text;
      this.bar.value = 0;
      this.samples.replaceChildren();
    }

    show(found) {
      this.panel.classList.toggle("eg-count-problem", Boolean(found.problem));
      if (found.problem) {
        this.tell(found.problem);
        return;
      }
      this.words.textContent = found.words;
      this.bar.value = found.percent;
      this.sentence.textContent = found.sentence;
      this.samples.replaceChildren(
        ...found.samples.map((each) => el("li", {}, el("a", { href: each.href, class: "eg-link" }, each.name), el("span", { class: "eg-quiet" }, each.told))),
      );
    }
  }

  /** A panel counts only where its condition is what decides: not for a fixed list, nor for a tag set by hand. */
  const decides = () => {
    const kind = document.querySelector("[name=kind]");
    const sets = document.querySelector("[name=is_automatic]");
    if (kind) return kind.value === "dynamic";
    return sets ? sets.checked : true;
  };

  const place = () => {
    const is = decides();
    for (const part of document.querySelectorAll("[data-with-condition]")) part.hidden = !is;
    const field = document.querySelector("textarea[data-count]")?.closest(".field-condition, .form-row, fieldset");
    if (field) field.hidden = !is;
    for (const name of ["references", "file"]) {
      const other = document.querySelector(`.field-${name}`);
      if (other) other.hidden = is;
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const textarea = document.querySelector("textarea[data-count]");
    const panel = document.querySelector("[data-count-panel]");
    if (textarea && panel) new LiveCount(textarea, panel);
    document.querySelector("[name=kind]")?.addEventListener("change", place);
    document.querySelector("[name=is_automatic]")?.addEventListener("change", place);
    place();
  });
})();
