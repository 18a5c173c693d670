/* The visitor counter. Counts the first visit of a browser session; after that it only reads the number.
   On any failure (no API, no storage, an invalid response) the counter stays hidden. */
(() => {
  "use strict";

  const TIMEOUT_MS = 5000;
  const PAGE = /^\/[A-Za-z0-9/_.-]{0,199}$/;

  /* Give each page one name: "/index.html" and "//" are "/". */
  const pageName = (path) => path.replace(/\/{2,}/g, "/").replace(/\/index\.html$/, "/");

  const ask = async (method, page) => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
    try {
      const address = `/api/count?page=${encodeURIComponent(page)}`;
      const response = await fetch(address, { method, cache: "no-store", signal: controller.signal });
      const { count } = response.ok ? await response.json() : {};
      if (!Number.isSafeInteger(count) || count < 1) throw new Error("no count in the response");
      return count;
    } finally {
      clearTimeout(timer);
    }
  };

  const visit = async (page) => {
    const key = `counted:${page}`;
    if (sessionStorage.getItem(key)) return ask("GET", page);
    sessionStorage.setItem(key, "yes"); /* before the request: a browser without storage throws here, so it is never counted again and again */
    try {
      return await ask("POST", page);
    } catch (error) {
      sessionStorage.removeItem(key);
      throw error;
    }
  };

  const show = async (counter) => {
    counter.dataset.state = "loading";
    try {
      const page = pageName(location.pathname);
      if (!PAGE.test(page)) throw new Error("not a countable page");
      const count = await visit(page);
      const text = new Intl.NumberFormat(document.documentElement.lang).format(count);
      counter.querySelector("[data-counter-value]").textContent = text;
      counter.dataset.state = "ready";
      counter.hidden = false;
    } catch {
      counter.dataset.state = "off";
    }
  };

  document.querySelectorAll("[data-counter]").forEach(show);
})();
