/* Forms: show the password, group a mobile number's digits while it is typed, and choose a file by a button in the page's
   own words instead of the browser's. The server reads it either way. */
for (const box of document.querySelectorAll("[data-secret]")) {
  const input = box.querySelector("input");
  const button = box.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
}

function grouped(text) {
  const digits = text.replace(/[\s-]/g, "");
  if (!/^1\d{0,10}$/.test(digits)) return null; // an e-mail, a foreign number, or not a mobile: leave it as typed
  return [digits.slice(0, 3), digits.slice(3, 7), digits.slice(7)].filter(Boolean).join(" ");
}

for (const input of document.querySelectorAll("[data-phone] input")) {
  input.addEventListener("input", (event) => {
    if (event.isComposing || input.selectionStart !== input.value.length) return;
    const nice = grouped(input.value);
    if (nice !== null && event.inputType !== "deleteContentBackward") input.value = nice;
  });
}

for (const input of document.querySelectorAll("input[type=file][data-choose]")) {
  const box = document.createElement("label");
  box.className = "picker";
  const button = box.appendChild(document.createElement("span"));
  button.className = "btn plain little";
  button.textContent = input.dataset.choose;
  const name = document.createElement("span");
  name.className = "name";
  input.before(box);
  box.prepend(input);
  box.append(name);
  input.classList.add("visually-hidden");
  const tell = () => { name.textContent = [...input.files].map((file) => file.name).join(", "); };
  input.addEventListener("change", tell);
  tell();
}
