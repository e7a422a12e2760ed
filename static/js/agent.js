// Small manners of the agent page. Everything works without them.

const form = document.querySelector("[data-start-form]");

// One press is one start; the token in the form holds even where this does not run.
form?.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("formaction")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
});

// Coming back by the back button: the form may be sent again (the same token leads to the same run).
addEventListener("pageshow", (event) => {
  if (!event.persisted || !form) return;
  delete form.dataset.sent;
  form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
});

// The sample can be put back with one press.
for (const hint of document.querySelectorAll("[data-sample]")) {
  const area = document.getElementById(hint.dataset.sampleFor);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.dataset.size = "small";
  button.textContent = "Use the sample clip";
  button.addEventListener("click", () => {
    const lines = area.value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (!lines.includes(hint.dataset.sample)) lines.push(hint.dataset.sample);
    area.value = lines.join("\n");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
  hint.replaceChildren(button);
}

// A click on a node of the drawing opens its parameters.
function unfold() {
  const id = decodeURIComponent(location.hash.slice(1));
  const details = id.startsWith("step-") && document.getElementById(id)?.querySelector("details");
  if (details) details.open = true;
}
addEventListener("hashchange", unfold);
unfold();

// What a person has unfolded stays unfolded when the request renews itself.
let curlOpen = false;
document.addEventListener("toggle", (event) => {
  if (event.target.id === "preview-curl-details") curlOpen = event.target.open;
}, true);

// The request renews itself while one types, so its button is not needed; "copy" is.
function dress(root) {
  const preview = root.querySelector("#agent-preview");
  if (!preview || preview.dataset.live !== undefined) return;
  preview.dataset.live = "";
  const curl = preview.querySelector("#preview-curl-details");
  if (curl && curlOpen) curl.open = true;
  if (!navigator.clipboard) return;
  for (const pre of preview.querySelectorAll("pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.dataset.size = "small";
    button.dataset.look = "quiet";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    pre.after(button);
  }
}
dress(document);
document.addEventListener("htmx:after:swap", () => dress(document));
