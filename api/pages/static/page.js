// What every page runs: the worker for offline, the place of the reader, and live numbers. Each is left out where the
// browser does not have what it needs; the page says the same without.
import { watch } from "./live.js";
import { offerPlace } from "./near.js";
import { showAge } from "./age.js";

showAge();
offerPlace();
watch();

if ("serviceWorker" in navigator) {
  const isFirstVisit = !navigator.serviceWorker.controller;
  navigator.serviceWorker
    .register("/worker.js")
    .then(() => navigator.serviceWorker.ready)
    .then((registration) => isFirstVisit && registration.active.postMessage({ keep: location.href }))
    .catch(() => {}); // Without it the page is the same, but for offline.
}
