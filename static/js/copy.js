// A button with data-copies="id" puts the text of that element on the clipboard, and says so.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text); // over plain HTTP: ready for Ctrl-C
    button.textContent = "Selected";
  }
});
