// The run page's polling manners. htmx polls by itself; this keeps it quiet in hidden tabs, wakes it when the tab is
// shown, and refuses answers that are older than the page.

const LIVE = "run-live";
const live = () => document.getElementById(LIVE);
const isPoll = (ctx) => ctx?.sourceElement?.id === LIVE;

// --- A hidden tab asks for nothing, and catches up the moment it is shown.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (isPoll(ctx) && document.hidden && ctx.sourceEvent?.type === "every") event.preventDefault();
});

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
