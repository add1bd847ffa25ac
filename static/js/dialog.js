/* Links that open in place: data-dialog names a dialog on the page, data-sheet a part of the page they lead to
   (such a page holds a template #shut, the close button in the reader's language).
   Without this file, with a modifier key or when the network fails, they are ordinary links. */
let awake = null;

async function stayAwake() {
  try {
    awake = await navigator.wakeLock?.request("screen");
  } catch {
    awake = null; // refused on low battery: the code shows all the same
  }
}

function show(dialog) {
  dialog.showModal();
  if (dialog.matches(".full")) stayAwake();
  dialog.addEventListener("close", () => {
    awake?.release();
    awake = null;
    if (dialog.dataset.passing) dialog.remove();
  }, { once: true });
}

async function openSheet(link) {
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.getElementById(link.dataset.sheet);
  if (!part) throw new Error("missing part");
  const dialog = document.createElement("dialog");
  dialog.dataset.passing = "yes";
  dialog.append(document.adoptNode(part));
  dialog.setAttribute("aria-label", part.querySelector("h1")?.textContent ?? "");
  dialog.prepend(document.getElementById("shut").content.cloneNode(true));
  document.body.append(dialog);
  show(dialog);
}

document.addEventListener("click", (event) => {
  if (event.target.matches?.("dialog")) return event.target.close(); // a press on the ground around it
  const link = event.target.closest?.("a[data-dialog], a[data-sheet]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return undefined;
  event.preventDefault();
  if (link.dataset.dialog) return show(document.getElementById(link.dataset.dialog));
  link.setAttribute("aria-busy", "true");
  return openSheet(link).catch(() => location.assign(link.href)).finally(() => link.removeAttribute("aria-busy"));
});
