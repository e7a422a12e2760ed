// What must outlive a swap of the run page, and what must follow it: opened details stay open, the bar never runs
// back, focus is never lost, and tab title, favicon and screen readers hear of the new state.

const live = () => document.getElementById("run-live");

// --- The morph keeps elements; these two attributes it would reset to what the server wrote.
window.htmx.registerExtension("run-keep", {
  htmx_before_morph_attr(element, { attrName, newValue }) {
    if (attrName === "open" && element instanceof HTMLDetailsElement) return false;
    if (attrName === "value" && element instanceof HTMLProgressElement) return Number(newValue) >= element.value;
    return true;
  },
});

// --- Title, favicon, announcement.
let announced = live()?.dataset.announcement;

function tell() {
  const { title, favicon, announcement } = live().dataset;
  if (document.title !== title) document.title = title;
  const link = document.getElementById("favicon");
  const href = link?.dataset[favicon];
  if (href && link.getAttribute("href") !== href) link.setAttribute("href", href);
  if (announcement !== announced) {
    announced = announcement;
    document.getElementById("run-announcer").textContent = announcement;
  }
}

// --- After a deed its button is often gone. Focus then goes to the new status, not to the top of the page.
function refocus() {
  if (document.activeElement && document.activeElement !== document.body) return;
  document.getElementById("run-status-title")?.focus({ preventScroll: true });
}

document.addEventListener("htmx:after:swap", (event) => {
  const { ctx } = event.detail;
  if (!live() || ctx.swap === "none") return;
  tell();
  if (ctx.request.method === "POST") setTimeout(refocus);
});

// --- One player at a time: starting one pauses the others.
document.addEventListener(
  "play",
  (event) => {
    for (const video of document.querySelectorAll("video")) {
      if (video !== event.target) video.pause();
    }
  },
  true,
);
