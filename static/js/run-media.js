// A player that cannot load its video shows nothing but a dead button. The address knows why: ask it, and say so below.

const reasons = new Map();

function show(video) {
  const id = `${video.id}-trouble`;
  let note = document.getElementById(id);
  const reason = reasons.get(video.id);
  if (!reason) {
    note?.remove();
    return;
  }
  if (!note) {
    note = document.createElement("p");
    note.id = id;
    note.className = "output__trouble small";
    note.setAttribute("role", "status");
    video.after(note);
  }
  if (note.textContent !== reason) note.textContent = reason;
}

async function why(address) {
  try {
    const answer = await fetch(address, { headers: { Range: "bytes=0-0" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") return "The service that keeps this video did not deliver it.";
    const isSentence = !answer.ok && answer.headers.get("Content-Type")?.startsWith("text/plain");
    if (isSentence) return (await answer.text()).trim();
    answer.body?.cancel();
    return answer.ok ? "This browser cannot play the video; downloading it works." : `The video did not come (${answer.status}).`;
  } catch {
    return "The dashboard does not answer.";
  }
}

document.addEventListener(
  "error",
  async (event) => {
    const video = event.target;
    if (!(video instanceof HTMLVideoElement) || !video.id) return;
    reasons.set(video.id, await why(video.src));
    show(video);
  },
  true,
);
document.addEventListener(
  "loadeddata",
  (event) => {
    if (reasons.delete(event.target.id)) show(event.target);
  },
  true,
);
// The live part is swapped in place: what the server does not know of is put back.
document.addEventListener("htmx:after:swap", () => {
  for (const id of reasons.keys()) {
    const video = document.getElementById(id);
    if (video) show(video);
  }
});
