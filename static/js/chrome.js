// The frame's small manners: theme, menus that close, times that stay true. Everything works without it.

const root = document.documentElement;

// --- Theme: kept in a cookie, so that the server draws the page right from the first byte.
for (const group of document.querySelectorAll("[data-theme-switch]")) {
  group.hidden = false;
  group.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-value]");
    if (!button) return;
    const theme = button.dataset.themeValue;
    const age = theme ? 31536000 : 0;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `mosaic_theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const other of group.querySelectorAll("[data-theme-value]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
  });
}

// --- Menus close on Escape and on a click elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// --- "5 min ago" stays true while the page stays open.
const STEPS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

function spanAgo(seconds) {
  if (seconds < 10) return "just now";
  const [unit, length] = STEPS.find(([, step]) => seconds >= step);
  return `${Math.floor(seconds / length)} ${unit} ago`;
}

setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = spanAgo((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}, 10000);

// --- A hidden tab asks for nothing by itself.
document.addEventListener("htmx:config:request", (event) => {
  if (document.hidden && event.detail.ctx.sourceEvent?.type === "every") event.preventDefault();
});

// --- A request that failed says so, calmly, and the sentence goes when the next one succeeds.
const notice = document.getElementById("page-notice");

function say(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

document.addEventListener("htmx:after:request", (event) => {
  const { status } = event.detail.ctx.response;
  if (status < 400 && !notice.hidden) say("");
});
document.addEventListener("htmx:response:error", (event) => {
  const { status } = event.detail.ctx.response;
  if ([409, 422, 503].includes(status)) return; // the answer itself carries the sentence
  if (status === 403) say("You may not do this any more. Reload the page.");
  else if (status === 404) say("This is not there any more.");
  else say(`The dashboard answered with an error (${status}). It is in the log.`);
});
document.addEventListener("htmx:before:request", (event) => {
  event.detail.ctx.begun = Date.now();
});
// A request that was called off (a newer one took its place, or the page is being left) is no failure.
let leaving = false;
addEventListener("beforeunload", () => {
  leaving = true;
  setTimeout(() => (leaving = false), 2000); // a download asks to leave too, and stays
});
addEventListener("pageshow", () => (leaving = false));
document.addEventListener("htmx:error", (event) => {
  const { ctx, error } = event.detail;
  if (!ctx || leaving) return;
  if (error?.name === "AbortError" && Date.now() - ctx.begun < htmx.config.defaultTimeout) return;
  say("The dashboard does not answer. What you see may be old.");
});
