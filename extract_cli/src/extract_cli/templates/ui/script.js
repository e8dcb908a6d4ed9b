// A run at work: parts of the page are replaced as the server sends them. Without this script the page reloads itself.
const live = document.getElementById("live");
if (live) {
  const trouble = document.getElementById("live-trouble");
  const last = {};
  const say = (text) => { trouble.hidden = !text; trouble.textContent = text; };
  const source = new EventSource(live.dataset.events);
  source.onmessage = (event) => {
    say("");
    for (const [name, html] of Object.entries(JSON.parse(event.data))) {
      const part = document.getElementById(`live-${name}`);
      if (last[name] === html || part.contains(document.activeElement)) continue;
      last[name] = html;
      part.innerHTML = html;
    }
  };
  source.addEventListener("trouble", (event) => say(JSON.parse(event.data)));
  source.addEventListener("ended", () => { source.close(); location.reload(); });
  source.onerror = () => say(source.readyState === EventSource.CLOSED
    ? "The app does not send any more. Reload the page; if that fails, start extract ui again."
    : "The connection to the app is lost. It is tried again.");
}
