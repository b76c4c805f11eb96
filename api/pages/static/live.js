// Keeps an open page true: listens to /v1/stream, and fetches anew what has changed, rendered by the server.
import { cut, heard, isBehind } from "./age.js";

const TOGETHER_MS = 100; // Larger: a number is seen later than within a second. Smaller: a request for each event.
const BETWEEN_MS = 2_000; // Between two fetches of one page; the first comes at once. Smaller: a busy list asks all the time.
const SLOWLY_MS = 60_000; // Even with a stream: that a station fell silent is no event. Larger: its old numbers stay.
const STREAM_STATIONS_MAX = 100; // As /v1/stream takes.
const RELOADED = "reloaded-ms"; // When a page of this tab that the worker had kept was last fetched as a whole.
const RELOAD_MS = 60_000; // Between two of those. Smaller: on a slow network a page that is kept again reloads for ever.
const AGAIN_MS = 15_000; // Where there is no stream: how often the page asks. Larger: seats that are gone.

const changed = new Set();
let isAsked = false;
let lastMs = 0;
let lastEvent = ""; // Its number goes along: whoever heard of the same event asks for the same, and gets what is newer.

export function watch() {
  const list = document.querySelector("[data-parts]");
  if (!list) return;
  const stations = (list.dataset.stations ?? "").split(" ").filter(Boolean);
  const everything = () => ask(list, stations);
  if (document.documentElement.dataset.keptMs) everything();
  const isTold = stations.length || list.dataset.stream;
  if (!isTold || !("EventSource" in window)) {
    setInterval(everything, Number(list.dataset.everyS ?? 0) * 1000 || AGAIN_MS);
    document.addEventListener("visibilitychange", everything);
    return;
  }
  // A page that is not looked at holds no connection: a browser has six for a host, and a phone a battery.
  let stream = null;
  const follow = () => {
    if (document.hidden || stream) return;
    stream = listen(list, stations, everything);
  };
  const leave = () => {
    stream?.close();
    stream = null;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave();
    else {
      follow();
      everything();
    }
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    follow();
    everything();
  });
  setInterval(everything, SLOWLY_MS);
  follow();
}

function listen(list, stations, everything) {
  const query = new URLSearchParams(stations.slice(0, STREAM_STATIONS_MAX).map((id) => ["station", id]));
  const stream = new EventSource(list.dataset.stream ?? `/v1/stream?${query}`);
  // A connection is no news: of a page that is old or was cut off, all is asked for first.
  stream.addEventListener("open", () => (isBehind() ? everything() : heard()));
  stream.addEventListener("error", () => {
    cut();
    // Refused for good; a connection that is lost is made again by the browser.
    if (stream.readyState === EventSource.CLOSED) setInterval(everything, AGAIN_MS);
  });
  for (const kind of ["status", "visits"]) {
    stream.addEventListener(kind, (event) => {
      const told = JSON.parse(event.data);
      lastEvent = event.lastEventId;
      ask(list, [told.station ?? told.id]);
    });
  }
  for (const kind of ["resync", "board"]) stream.addEventListener(kind, everything);
  return stream;
}

function ask(list, stations) {
  for (const id of stations) changed.add(id);
  if (isAsked || document.hidden) return;
  isAsked = true;
  setTimeout(() => fetchNow(list), Math.max(TOGETHER_MS, lastMs + BETWEEN_MS - Date.now()));
}

async function fetchNow(list) {
  isAsked = false;
  lastMs = Date.now();
  const target = new URL(list.dataset.parts, location.href);
  if (target.pathname === "/cards") for (const id of changed) target.searchParams.append("id", id);
  if (lastEvent) target.searchParams.set("fresh", lastEvent);
  changed.clear();
  try {
    const response = await fetch(target, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    if (reloads()) return;
    replaceParts(new DOMParser().parseFromString(await response.text(), "text/html"));
    heard();
  } catch {
    cut();
  }
}

// The network is back for a page that was kept: not all of it is a part (which stations are listed, the week's table).
function reloads() {
  if (!document.documentElement.dataset.keptMs) return false;
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < RELOAD_MS) return false;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
  return true;
}

// Puts in what differs, and leaves open what was open and the keyboard where it was.
function replaceParts(fresh) {
  for (const part of fresh.querySelectorAll("[data-live][id]")) {
    const old = document.getElementById(part.id);
    if (!old || old.outerHTML === part.outerHTML || part.parentElement.closest("[data-live]")) continue;
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    const focused = [...old.querySelectorAll("a, button, summary")].indexOf(document.activeElement);
    part.querySelectorAll("details").forEach((one, place) => (one.open = open[place] ?? one.open));
    old.replaceWith(document.adoptNode(part));
    if (focused >= 0) part.querySelectorAll("a, button, summary")[focused]?.focus({ preventScroll: true });
  }
}
