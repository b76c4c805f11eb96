// Says when what is shown is not of now: a page that the worker kept, or one that gets no news any more.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LOOK_EVERY_MS = 10_000;
const QUIET_MS = 60_000; // Larger: old numbers pass for new ones. Smaller: a short gap of the network is called one.

let heardMs = Date.now();
let isKept = false;
let isCut = false;

// The page is as new as the answer that it was made of; the worker notes on one that it kept when that came.
export function showAge() {
  const kept = document.documentElement.dataset.keptMs;
  if (kept) {
    isKept = true;
    heardMs = Number(kept);
  }
  addEventListener("offline", tell);
  addEventListener("online", tell);
  setInterval(tell, LOOK_EVERY_MS);
  tell();
}

// News came: what is shown is of now.
export function heard() {
  heardMs = Date.now();
  isKept = false;
  isCut = false;
  tell();
}

// Whether what is shown may be older than it looks: news that came before the connection did not.
export function isBehind() {
  return isKept || isCut;
}

// The connection for news is gone.
export function cut() {
  isCut = true;
  tell();
}

function tell() {
  const banner = document.getElementById("kept");
  if (!banner) return;
  const isOffline = isKept || !navigator.onLine;
  const isLate = isCut && Date.now() - heardMs > QUIET_MS;
  banner.hidden = !isOffline && !isLate;
  document.documentElement.classList.toggle("old", !banner.hidden);
  const words = banner.hidden ? "" : (isOffline ? banner.dataset.offline : banner.dataset.behind).replace("{age}", age(banner));
  // Only when it changes: a screen reader reads it each time.
  if (banner.textContent !== words) banner.textContent = words;
}

function age(banner) {
  const gone = Date.now() - heardMs;
  if (gone < MINUTE_MS) return banner.dataset.now;
  if (gone < HOUR_MS) return banner.dataset.minutes.replace("{n}", Math.floor(gone / MINUTE_MS));
  return banner.dataset.hours.replace("{n}", Math.floor(gone / HOUR_MS));
}
