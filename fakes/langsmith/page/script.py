"""The script, served as /static/script.js: folding that survives a reload, live pages, ages, local times, copying.

Everything can be read without it. It asks only this server, at addresses that the page names in its own attributes,
and puts nothing into a page but elements the server made.
"""

from __future__ import annotations

__all__ = ["SCRIPT"]

SCRIPT = r"""
"use strict";
(() => {
  const EVERY = 1500;  // milliseconds between two looks

  // Folding: the ids of a trace's closed branches, kept by this browser.
  const keyOf = () => {
    const trace = document.getElementById("trace");
    return trace && trace.dataset.trace ? "folded:" + trace.dataset.trace : null;
  };
  const closedOf = (key) => {
    try { return new Set(JSON.parse(localStorage.getItem(key) || "[]")); } catch { return new Set(); }
  };
  const keep = (key, closed) => {
    try {
      if (closed.size) localStorage.setItem(key, JSON.stringify([...closed]));
      else localStorage.removeItem(key);
    } catch { /* no storage here: folding lasts until the reload */ }
  };
  const fold = () => {
    const key = keyOf();
    if (!key) return;
    const closed = closedOf(key);
    if (closed.size) for (const branch of document.querySelectorAll("details[data-fold]"))
      if (closed.has(branch.dataset.fold)) branch.open = false;
  };
  document.addEventListener("toggle", (event) => {
    const branch = event.target, key = keyOf();
    if (!key || !branch.dataset || !branch.dataset.fold || !branch.isConnected) return;
    const closed = closedOf(key);
    if (branch.open) closed.delete(branch.dataset.fold); else closed.add(branch.dataset.fold);
    keep(key, closed);
  }, true);
  fold();

  // Ages of what is not finished.
  const told = (seconds) => {
    if (seconds < 59.95) return seconds.toFixed(1) + " s";
    const s = Math.round(seconds), two = (n) => String(n).padStart(2, "0");
    if (s < 3600) return Math.floor(s / 60) + " m " + two(s % 60) + " s";
    if (s < 86400) return Math.floor(s / 3600) + " h " + two(Math.floor(s % 3600 / 60)) + " m";
    return Math.floor(s / 86400) + " d " + two(Math.floor(s % 86400 / 3600)) + " h";
  };
  setInterval(() => {
    for (const age of document.querySelectorAll(".age[data-start]"))
      age.textContent = told(Math.max(0, (Date.now() - Number(age.dataset.start)) / 1000));
  }, 1000);

  // Moments are told in UTC; on hovering also by the reader's own clock.
  const local = () => {
    for (const one of document.querySelectorAll("time[datetime]"))
      one.title = new Date(one.dateTime).toLocaleString() + " here; " + one.dateTime;
  };
  local();

  // Copying needs a script, so its buttons are shown by one; a word says that it was done.
  const ready = () => {
    if (navigator.clipboard) for (const one of document.querySelectorAll("[data-copy]")) one.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = "Copied"; }
    catch { button.textContent = "Not allowed"; }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  ready();

  // What the keyboard is on, in words by which the same is found in a page that came anew.
  const sign = (one) => [one.localName, one.getAttribute("href"), one.name, one.value, one.localName === "summary"
    && (one.parentElement.dataset.fold || one.textContent), one.closest("[data-run]")?.dataset.run].join("\n");
  const refocus = (mark) => {
    if (!mark || document.activeElement !== document.body) return;
    const found = [...document.querySelectorAll("a, button, input, summary")].find((one) => sign(one) === mark);
    if (found) found.focus({preventScroll: true});
  };

  // A long tree is a window of its own, which begins where the chosen run is.
  const tree = document.querySelector(".tree"), here = tree && tree.querySelector("[aria-current]");
  if (here && tree.scrollHeight > tree.clientHeight)
    tree.scrollTop = here.getBoundingClientRect().top - tree.getBoundingClientRect().top - tree.clientHeight / 2;

  // A page opened as http://name:password@host/ has them in its base, and nothing may be fetched from such an address.
  // A server that takes a request and says nothing is given up, so that the page can tell it and ask again.
  const PATIENCE = 15000;
  const ask = (address, how) => fetch(location.origin + address,
    {credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE), ...how});

  // Live pages: ask for the mark of the JSON twin, and fetch the page anew when it is not the page's own any more.
  const area = () => document.querySelector("[data-live]");
  const pause = document.getElementById("pause"), away = document.getElementById("away");
  let paused = false, timer = null;
  const told_away = (why) => {
    if (!away) return;
    away.hidden = !why;
    if (why && away.textContent !== why) away.textContent = why;
  };
  const silent = away ? away.textContent : "";
  const renew = async () => {
    const old = area();
    const answer = await ask(old.dataset.page);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (paused) return;
    const chosen = new Set([...old.querySelectorAll("input:checked")].map((box) => box.value));
    const open = new Set([...old.querySelectorAll("details.raw[open] > summary")].map((one) => one.textContent));
    const each = (name) => [...document.querySelectorAll(name)];
    const focused = sign(document.activeElement);
    const scrolled = [".tree", ".json .text"].map((name) => each(name).map((one) => one.scrollTop));
    for (const selector of ["#" + old.id, ".summary"]) {
      const before = document.querySelector(selector), after = fresh.querySelector(selector);
      if (before && after) before.replaceWith(document.adoptNode(after));
    }
    const token = fresh.querySelector("input[name=token]");  // another where the server began anew
    if (token) for (const one of document.querySelectorAll("input[name=token]")) one.value = token.value;
    for (const box of document.querySelectorAll("input[name=run]")) box.checked = chosen.has(box.value);
    for (const summary of document.querySelectorAll("details.raw > summary"))
      if (open.has(summary.textContent)) summary.parentElement.open = true;
    fold();
    local();
    ready();
    refocus(focused);
    [".tree", ".json .text"].forEach((name, place) => each(name).forEach((one, number) => {
      one.scrollTop = scrolled[place][number] || 0;
    }));
  };
  const look = async () => {
    timer = null;
    const live = area();
    if (!live && pause) pause.hidden = true;  // what was looked at has ended
    if (!live || paused) return;
    if (!document.hidden) {
      try {
        const answer = await ask(live.dataset.live, {method: "HEAD"});
        const news = answer.headers.get("etag") !== `"${live.dataset.mark}"` || (away && !away.hidden);
        if (answer.ok && !paused && news) await renew();
        // What is refused is not asked again: a wrong password said every second would shut its owner out.
        const refused = answer.status >= 400 && answer.status < 500;
        told_away(answer.ok ? "" : answer.status === 401 ? "the password has changed: load the page again"
          : `the server answers ${answer.status}${refused ? ": load the page again" : "; it is asked again"}`);
        if (refused) return;
      } catch { told_away(silent); }
    }
    next();
  };
  const next = () => { if (!paused && timer === null) timer = setTimeout(look, EVERY); };
  // The playground's answer grows as it comes; what is written into the form meanwhile stays.
  const coming = document.querySelector("[data-stream]");
  const grow = async () => {
    try {
      const answer = await ask(coming.dataset.stream);
      if (answer.status >= 400 && answer.status < 500) return;
      const now = await answer.json();
      if (now.status !== "pending" || !now.under_way) {
        const whole = await (await ask(location.pathname + location.search)).text();
        const fresh = new DOMParser().parseFromString(whole, "text/html").getElementById("answer");
        document.getElementById("answer").replaceWith(document.adoptNode(fresh));
        return;
      }
      coming.textContent = now.text;
    } catch { /* the server is away: look again */ }
    setTimeout(grow, 150);
  };
  if (coming) grow();

  // In a field of several lines Enter is a new line; with Ctrl or Cmd it sends the form.
  document.addEventListener("keydown", (event) => {
    const field = event.target, both = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && both && field.localName === "textarea" && field.form) field.form.requestSubmit();
  });

  if (area()) {
    if (pause) {
      pause.hidden = false;
      pause.addEventListener("click", () => {
        paused = !paused;
        pause.textContent = paused ? "Go on" : "Pause";
        if (paused) { clearTimeout(timer); timer = null; } else look();
      });
    }
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !paused && timer !== null) { clearTimeout(timer); look(); }
    });
    look();
  }
})();
"""
