/* The visitor counter: counts a visit once per browser session, otherwise only reads the number.
   Anything unexpected (no API, no storage, a strange answer) leaves the counter hidden. */
(() => {
  "use strict";

  const TIMEOUT_MS = 5000;
  const PAGE = /^\/[A-Za-z0-9/_.-]{0,199}$/;

  /* One page has one name: "/index.html" and "//" are "/". */
  const pageName = (path) => path.replace(/\/{2,}/g, "/").replace(/\/index\.html$/, "/");

  const ask = async (method, page) => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
    try {
      const address = `/api/count?page=${encodeURIComponent(page)}`;
      const answer = await fetch(address, { method, cache: "no-store", signal: controller.signal });
      const { count } = answer.ok ? await answer.json() : {};
      if (!Number.isSafeInteger(count) || count < 1) throw new Error("no count in the answer");
      return count;
    } finally {
      clearTimeout(timer);
    }
  };

  const visit = async (page) => {
    const key = `counted:${page}`;
    if (sessionStorage.getItem(key)) return ask("GET", page);
    sessionStorage.setItem(key, "yes"); /* first, so that a browser that cannot remember is never counted twice */
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
      if (!PAGE.test(page)) throw new Error("not a page that is counted");
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
