/* Shares the picture by the phone's own sheet, where it can take pictures; elsewhere the button stays hidden. */
const button = document.querySelector("[data-share]");

async function fetched() {
  const answer = await fetch(button.dataset.share);
  if (!answer.ok) throw new Error(String(answer.status));
  return new File([await answer.blob()], "evergreen.png", { type: "image/png" });
}

async function share() {
  button.setAttribute("aria-busy", "true");
  try {
    await navigator.share({ files: [await fetched()], title: button.dataset.title });
  } catch (refusal) {
    if (refusal.name !== "AbortError") button.hidden = true; // the link to save it is right below
  } finally {
    button.removeAttribute("aria-busy");
  }
}

if (button && navigator.canShare?.({ files: [new File([""], "a.png", { type: "image/png" })] })) {
  button.hidden = false;
  button.addEventListener("click", share);
}
