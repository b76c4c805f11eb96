// The service worker: the network first; where there is none, the pages that were seen last, marked with their time.

const ASSETS = "assets-{version}";
const PAGES = "pages";
const KEPT_PAGES = 60; // Larger: space on the phone. Smaller: a page that was seen today is gone.
const KEPT_AT = "x-kept-ms";
const WITHIN_MS = 8_000; // Larger: somebody with one bar waits for nothing. Smaller: a slow network is taken for none.

const NEEDED = ["page.css", "page.js", "live.js", "age.js", "near.js", "icon.svg", "icon-192.png"];

self.addEventListener("install", (event) => event.waitUntil(fetchNeeded().then(() => self.skipWaiting())));

self.addEventListener("activate", (event) => event.waitUntil(dropOld().then(() => self.clients.claim())));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (request.mode === "navigate" && isPublic(url.pathname)) event.respondWith(page(request, url));
});

// The page that registered the worker was there before it, and is to be kept as well.
self.addEventListener("message", (event) => {
  const url = new URL(event.data.keep);
  if (url.origin === location.origin && isPublic(url.pathname)) event.waitUntil(keepAgain(url.href));
});

// What crews see stays in no cache.
function isPublic(path) {
  return path === "/" || path === "/overview" || path.startsWith("/stations/");
}

async function asset(request) {
  const cache = await caches.open(ASSETS);
  const kept = await cache.match(request);
  if (kept) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    // A page that was kept under an older version names its files by that.
    const name = request.url.split("/").at(-1);
    const same = (await cache.keys()).find((one) => one.url.endsWith(`/${name}`));
    if (!same) throw error;
    return cache.match(same);
  }
}

async function fetchNeeded() {
  const cache = await caches.open(ASSETS);
  await cache.addAll(NEEDED.map((name) => `/assets/{version}/${name}`));
}

async function keepAgain(url) {
  const fresh = await fetch(url);
  if (fresh.ok) await keep(await caches.open(PAGES), new Request(url), fresh);
}

async function page(request, url) {
  const cache = await caches.open(PAGES);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(WITHIN_MS) });
    if (fresh.ok) await keep(cache, request, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = (await cache.match(request)) ?? (url.pathname === "/" ? await newestList(cache) : undefined);
    if (!kept) throw error;
    const headers = new Headers(kept.headers);
    const body = (await kept.text()).replace("<html ", `<html data-kept-ms="${headers.get(KEPT_AT)}" `);
    return new Response(body, { status: 200, headers });
  }
}

async function keep(cache, request, fresh) {
  const headers = new Headers(fresh.headers);
  headers.set(KEPT_AT, String(Date.now()));
  // Put anew it stands last, so the first are the oldest.
  await cache.delete(request);
  await cache.put(request, new Response(await fresh.blob(), { headers }));
  const every = await cache.keys();
  await Promise.all(every.slice(0, Math.max(0, every.length - KEPT_PAGES)).map((one) => cache.delete(one)));
}

// Whatever list was seen last is more use than none.
async function newestList(cache) {
  const lists = (await cache.keys()).filter((one) => new URL(one.url).pathname === "/");
  return lists.length ? cache.match(lists.at(-1)) : undefined;
}

async function dropOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== ASSETS && name !== PAGES).map((name) => caches.delete(name)));
}
