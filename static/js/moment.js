/* A new tier is a moment of its own: what the page says of it fills the screen until it is closed.
   Without this file it stands at the head of the page. */
const moment = document.querySelector("[data-moment]");
const shut = document.getElementById("shut");

if (moment && shut && HTMLDialogElement.prototype.showModal) {
  const dialog = document.createElement("dialog");
  dialog.className = "moment";
  dialog.setAttribute("aria-labelledby", "cheer");
  dialog.append(shut.content.cloneNode(true), moment);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
