// Light or dark: as chosen here, else as the system is. Runs before the page is drawn.
"use strict";

(() => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => localStorage.getItem("theme");
  const wanted = () => chosen() || (system.matches ? "dark" : "light");
  const apply = () => document.documentElement.setAttribute("data-bs-theme", wanted());

  apply();
  system.addEventListener("change", apply);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#theme")) return;
    localStorage.setItem("theme", wanted() === "dark" ? "light" : "dark");
    apply();
  });
})();
