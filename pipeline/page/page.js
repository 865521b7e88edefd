"use strict";
const all = (query, from = document) => [...from.querySelectorAll(query)];

/* One switch, both languages: the style sheet shows one; names that are attributes are put here. */
const stored = (() => { try { return localStorage; } catch { return null; } })();
const named = all("[data-ko], [data-ko-aria-label]").map((element) => ({
  element, words: element.dataset.ko, label: element.dataset.koAriaLabel,
  was: element.textContent, called: element.getAttribute("aria-label"),
}));
function speak(language) {
  document.documentElement.lang = language;
  document.getElementById("in-" + language).checked = true;
  for (const { element, words, label, was, called } of named) {
    const korean = language === "ko";
    if (words) element.textContent = korean ? words : was;
    if (label) element.setAttribute("aria-label", korean ? label : called);
  }
  try { stored?.setItem("language", language); } catch { /* a page from disk may keep nothing */ }
}
for (const language of ["en", "ko"])
  document.getElementById("in-" + language).addEventListener("change", () => speak(language));
let asked = null;
try { asked = stored?.getItem("language"); } catch { /* as above */ }
speak(asked === "ko" ? "ko" : "en");

/* A link to what is folded unfolds it; a printer gets all of it. */
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();
addEventListener("beforeprint", () => all("details").forEach((folded) => (folded.open = true)));

/* The ledger, filtered. */
const form = document.querySelector(".filters");
if (form) {
  const claims = all(".claim");
  const texts = claims.map((claim) => claim.textContent.toLowerCase());
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    const wanted = Object.fromEntries(new FormData(form));
    let shown = 0;
    claims.forEach((claim, i) => {
      const { verdict, kind, family, sources } = claim.dataset;
      claim.hidden = !(texts[i].includes(wanted.text.trim().toLowerCase())
        && (!wanted.verdict || wanted.verdict === verdict)
        && (!wanted.kind || wanted.kind === kind)
        && (!wanted.family || wanted.family === family)
        && (!wanted.sources || sources.split(" ").includes(wanted.sources)));
      shown += !claim.hidden;
    });
    form.querySelector("output").textContent = `${shown} / ${claims.length}`;
  });
}

/* The film of the theory, by a slider. */
for (const film of all(".motion")) {
  const frames = all(".snapshot", film);
  if (frames.length < 2) continue;
  const slider = Object.assign(document.createElement("input"), {
    type: "range", min: 0, max: frames.length - 1, value: frames.length - 1,
  });
  const show = () => {
    frames.forEach((frame, k) => frame.classList.toggle("shown", k === +slider.value));
    slider.setAttribute("aria-valuetext", frames[slider.value].dataset.round);
  };
  slider.setAttribute("aria-label", "round");
  slider.addEventListener("input", show);
  film.append(slider);
  show();
}

/* Each figure as SVG with its numbers, each table as CSV. */
function save(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}
function drawn(svg) {
  const copy = svg.cloneNode(true);
  const own = [svg, ...all("*", svg)];
  [copy, ...all("*", copy)].forEach((part, i) => {
    const style = getComputedStyle(own[i]);
    for (const key of ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font"])
      part.style.setProperty(key, style.getPropertyValue(key));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}
function cells(table) {
  const told = (cell) => all("data", cell).map((data) => data.value);
  const words = (cell) => cell.innerText.split("\n")[0].trim();
  return all("tr", table).map((row) => [...row.children].flatMap((cell) => {
    const numbers = told(cell);
    return numbers.length ? numbers : [words(cell)];
  }).map((text) => `"${text.replaceAll('"', '""')}"`).join(",")).join("\n");
}
const tools = document.querySelector(".tools");
tools.hidden = false;
tools.addEventListener("click", () => {
  const old = all(".save");
  tools.setAttribute("aria-pressed", String(!old.length));
  if (old.length) return old.forEach((buttons) => buttons.remove());
  for (const place of all(".curves figure, .histogram, .table")) {
    const buttons = document.createElement("div");
    buttons.className = "save";
    const name = place.closest("[id]").id;
    const svg = place.querySelector("svg.curve, svg.bars");
    const table = place.querySelector("table");
    if (svg) buttons.append(button("SVG", () => save(`${name}.svg`, "image/svg+xml", drawn(svg))));
    if (table || place.dataset.csv)
      buttons.append(button("CSV", () => save(`${name}.csv`, "text/csv", place.dataset.csv ?? cells(table))));
    place.append(buttons);
  }
});
