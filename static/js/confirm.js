// Forms with data-confirm="question" are sent once the question is answered with yes. The answer
// is named like the button that was pressed, and red where that one is.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter ?? form.querySelector("[type=submit]");
  const question = button.dataset.confirm || form.dataset.confirm;
  if (!question || form.dataset.confirmed) return;
  event.preventDefault();
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-question").textContent = question;
  const yes = document.getElementById("confirm-yes");
  yes.textContent = button.textContent.trim();
  const destroys = button.matches(".btn-danger, .btn-outline-danger");
  yes.classList.toggle("btn-danger", destroys);
  yes.classList.toggle("btn-primary", !destroys);
  dialog.returnValue = "no";
  dialog.addEventListener(
    "close",
    () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(button);
    },
    { once: true },
  );
  dialog.showModal();
});
