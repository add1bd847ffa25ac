// One box ticks all of the page; without this script it stays hidden.
"use strict";

for (const all of document.querySelectorAll("[data-ticks]")) {
  const boxes = () => document.querySelectorAll(`input[name="${all.dataset.ticks}"]`);
  all.hidden = false;
  document.querySelector("[data-ticks-label]").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
  });
}
