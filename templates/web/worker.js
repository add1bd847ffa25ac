/* Keeps the shell, the offline page and the member code at hand. Everything else always comes from the network.
   The code is kept while its owner is signed in on this device; signing in or out forgets it. */
const SHELL = "shell-{{ version }}";
const CARD = "card";
const FILES = [{% for file in shell %}"{{ file|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const OFFLINE = "{% url 'offline' %}";
const CODE = "{% url 'members:card' %}";
const DOORS = ["{% url 'members:sign-in' %}", "{% url 'members:sign-out' %}", "{% url 'members:join' %}"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name !== SHELL && name !== CARD);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

async function visit(request) {
  const isCode = new URL(request.url).pathname === CODE;
  try {
    const answer = await fetch(request);
    if (isCode) {
      const cards = await caches.open(CARD);
      if (answer.ok && !answer.redirected) await cards.put(CODE, answer.clone());
      else await cards.delete(CODE);
    }
    return answer;
  } catch {
    return (isCode && (await caches.match(CODE))) || caches.match(OFFLINE);
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && DOORS.includes(url.pathname)) event.waitUntil(caches.delete(CARD));
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(visit(request));
  else if (FILES.includes(url.pathname)) event.respondWith(fetch(request).catch(() => caches.match(url.pathname)));
});
