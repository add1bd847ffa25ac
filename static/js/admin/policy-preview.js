/* Loads what a change of policies would have made of the last month, which may take a moment. */
(() => {
  document.addEventListener("DOMContentLoaded", async () => {
    const mount = document.querySelector("[data-figures]");
    if (!mount || !mount.querySelector("a[href*='figures=1']")) return;
    mount.setAttribute("aria-busy", "true");
    const answer = await fetch(mount.dataset.figures, { headers: { "X-Requested-With": "fetch" } });
    if (answer.ok) mount.innerHTML = await answer.text();
    mount.removeAttribute("aria-busy");
  });
})();
