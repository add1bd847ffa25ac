/* Asks every two seconds how far the import is, and shows the whole page anew once it is done. */
const panel = document.querySelector("[data-progress]");
const PAUSE = 2000;

async function look() {
  try {
    const answer = await fetch(panel.dataset.progress, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const told = await answer.json();
      if (!told.under_way) return location.reload();
      panel.querySelector("progress").value = told.percent;
      const words = panel.querySelector("[data-words]");
      if (words.textContent !== told.words) words.textContent = told.words;
    }
  } catch {
    // Offline for a moment: the next look tells.
  }
  return setTimeout(look, PAUSE);
}

if (panel) setTimeout(look, PAUSE);
