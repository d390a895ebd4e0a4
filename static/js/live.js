// What htmx keeps fresh: say when POMS doesn't answer, and sign in again when the session is over.
"use strict";

(() => {
  const say = (isStale) => document.getElementById("stale").toggleAttribute("hidden", !isStale);

  document.addEventListener("htmx:sendError", () => say(true));
  document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.status >= 500));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answered = new URL(event.detail.xhr.responseURL || location.href, location.href);
    if (answered.pathname.endsWith("/login/")) {
      event.detail.shouldSwap = false;
      location.reload();
    } else if (event.detail.xhr.status < 400) {
      say(false);
    }
  });
})();
