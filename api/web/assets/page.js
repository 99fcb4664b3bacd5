// What pays on top of pages that work without it: copying, sending with the keyboard, filtering.
"use strict";

for (const text of document.querySelectorAll("pre.copied")) {
  if (!navigator.clipboard) break; // only over https and on loopback
  const around = document.createElement("div");
  around.className = "copying";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  text.replaceWith(around);
  around.append(text, button);
}

// Control and return send the form that one writes in; in a text area, return is a new line.
for (const area of document.querySelectorAll("textarea")) {
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      area.form.requestSubmit();
    }
  });
}

for (const list of document.querySelectorAll("[data-filter]")) {
  const entries = [...list.children];
  if (entries.length < 12) continue;
  const label = document.createElement("label");
  const field = document.createElement("input");
  field.type = "search";
  label.append(list.dataset.filter, field);
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    for (const entry of entries) {
      entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
    }
  });
  list.before(label);
}
