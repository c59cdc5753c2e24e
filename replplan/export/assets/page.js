"use strict";
// Folding: all REPLs at once by the buttons, and by a link those that its target lies in.
document.addEventListener("click", (event) => {
  const fold = event.target.dataset && event.target.dataset.fold;
  if (!fold) return;
  for (const repl of document.querySelectorAll("details.repl")) repl.open = fold === "open";
});
function show() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (target) target.scrollIntoView();
}
addEventListener("hashchange", show);
show();
