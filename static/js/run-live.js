// The open run page. htmx polls by itself; this wakes it when a hidden tab is shown again and refuses answers that are
// older than the page. What must outlive a swap does, and what must follow it follows: opened details stay open, the
// bar never runs back, focus is never lost, and tab title, favicon and screen readers hear of the new state.

const LIVE = "run-live";
const live = () => document.getElementById(LIVE);
const isPoll = (ctx) => ctx?.sourceElement?.id === LIVE;

// --- A hidden tab asks for nothing (see chrome.js), and catches up the moment it is shown.
function catchUp() {
  if (!document.hidden && live()) live().dispatchEvent(new CustomEvent("run:refresh"));
}
document.addEventListener("visibilitychange", catchUp);
window.addEventListener("pageshow", (event) => event.persisted && catchUp());
window.addEventListener("online", catchUp);

// --- What comes back must be this page's live part, and not older than what is shown: a poll that left before an
// action may arrive after it. Anything else (a login form after the session ended) is for the whole window.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  if (ctx.target?.id !== LIVE || ctx.swap === "none") return;
  const fresh = tasks[0]?.fragment.querySelector(`#${LIVE}`);
  if (!fresh) {
    event.preventDefault();
    location.reload();
  } else if (Number(fresh.dataset.version) < Number(live().dataset.version)) {
    event.preventDefault();
  }
});

// --- An answer without news still tells when the service was last heard.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!isPoll(ctx)) return;
  const heard = ctx.response.headers.get("X-Synced-At");
  const time = heard && live()?.querySelector("[data-contact] time");
  if (time && time.dateTime !== heard) {
    time.dateTime = heard;
    time.title = new Date(heard).toLocaleString();
    if (Date.now() - Date.parse(heard) < 10000) time.textContent = "just now";
  }
});

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
