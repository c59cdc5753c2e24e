// Episodes: a plan is unpacked when it is first opened; buttons choose which episodes are listed.
async function unpack(holder) {
  const bytes = Uint8Array.from(atob(holder.dataset.plan), (c) => c.charCodeAt(0));
  delete holder.dataset.plan;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  holder.innerHTML = await new Response(stream).text();
}
document.addEventListener("toggle", (event) => {
  const holder = event.target.open && event.target.querySelector(":scope > [data-plan]");
  if (holder) unpack(holder);
}, true);
const chosen = { show: "all", arm: "" };
function choose(kind, value) {
  chosen[kind] = chosen[kind] === value ? (kind === "show" ? "all" : "") : value;
  for (const button of document.querySelectorAll(".filters button"))
    button.ariaPressed = String(
      chosen.show === button.dataset.show || (chosen.arm !== "" && chosen.arm === button.dataset.arm));
  for (const one of document.querySelectorAll(".episode"))
    one.hidden = (chosen.show !== "all" && one.dataset.state !== chosen.show)
      || (chosen.arm !== "" && one.dataset.arm !== chosen.arm);
}
document.addEventListener("click", (event) => {
  const button = event.target.closest(".filters button");
  if (button && button.dataset.show) choose("show", button.dataset.show);
  else if (button) choose("arm", button.dataset.arm);
});
