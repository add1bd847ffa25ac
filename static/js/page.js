/* Every page: theme switch without a reload, copy buttons, forms that are sent once. All of it works without this file too. */
const root = document.documentElement;
const dark = document.querySelector("link[data-dark]");

function setTheme(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  dark.media = { dark: "all", light: "not all" }[theme] ?? "(prefers-color-scheme: dark)";
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  setTheme(event.submitter.value);
  for (const button of form.querySelectorAll("button")) button.ariaPressed = String(button === event.submitter);
  fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => form.submit());
});

/* A second press while the first is on its way does nothing. Coming back by the browser's arrow frees the form again. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]") || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  (event.submitter ?? form.querySelector("button"))?.setAttribute("aria-busy", "true");
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  }
});

export function toast(words) {
  const note = document.createElement("div");
  note.className = "toast";
  note.setAttribute("role", "status");
  (document.querySelector("dialog[open]") ?? document.body).append(note);
  note.textContent = words;
  setTimeout(() => note.remove(), 3000);
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(button.dataset.copied);
  });
}

/* After a refused form the reader starts at what went wrong. */
document.querySelector("[data-focus]")?.focus();

/* The member code and a friendly page stay at hand without a network. Where workers are refused, nothing is missing. */
navigator.serviceWorker?.register("/worker.js").catch(() => {});
