// The page in a browser, whole: `node tests/browser/check.mjs PAGE`, with Debian's Chromium.
//
// At the widths of a phone, a tablet and a desk, in both languages and both colour schemes: axe-core
// finds nothing, nothing is wider than the screen, no text is under 12 px and no target under 24 px,
// nothing is requested, the first paint comes within a second. On paper nothing is cut off and
// nothing is folded. A link to a claim unfolds it, the filters filter, and the switch leaves no
// sentence of the other language. A line for each fault; exits with 1 if there is one.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const file = process.argv[2] ?? "reports/index.html";
const address = pathToFileURL(file).href;
const MEGABYTES = 12, PAINT = 1000, LETTER = 12, TARGET = 24, PAPER = 718; // A4 less its margins, px
const faults = [];
const fault = (where, what) => console.log(faults[faults.push(`${where}: ${what}`) - 1]);

const size = readFileSync(file).length / 1e6;
if (size > MEGABYTES) fault(file, `${size.toFixed(1)} MB, and at most ${MEGABYTES} are allowed`);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
});

async function opened(width, colorScheme = "light", hash = "") {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(300_000);
  page.on("request", (request) => {
    const asked = request.url().split("#")[0];
    if (asked !== address && !asked.startsWith("data:")) fault(width, `requests ${asked}`);
  });
  page.on("pageerror", (error) => fault(width, `script: ${error.message}`));
  await page.goto(address + hash, { timeout: 300_000 });
  return page;
}

// What is wider than the place that it has, too small to read, or too small to hit.
const measured = ({ LETTER, TARGET, limit }) => {
  const told = new Set();
  const path = (e) => `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className}` +
    ` in #${e.closest("[id]")?.id}: ${e.textContent.trim().slice(0, 40)}`;
  const clipped = (e) => e.closest(".hidden, .skip, thead, .picture");
  const wide = limit ?? document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > wide + 1)
    told.add(`scrolls sideways, ${document.documentElement.scrollWidth} of ${wide} px`);
  for (const e of document.body.getElementsByTagName("*")) {
    const svg = e.ownerSVGElement;
    if (svg && e.tagName !== "text") continue;
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.right > wide + 1.5 && !clipped(e)) told.add(`too wide, ${path(e)}`);
    if (e.tagName === "text" || [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) {
      const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
      const letter = parseFloat(getComputedStyle(e).fontSize) * scale;
      if (letter < LETTER - 0.05 && !clipped(e)) told.add(`${letter.toFixed(1)} px letters, ${path(e)}`);
    }
    const target = e.matches("button, input, select, summary, nav a, .more a");
    if (target && Math.min(box.width, box.height) < TARGET - 0.5 && !clipped(e))
      told.add(`target of ${box.width.toFixed()} × ${box.height.toFixed()} px, ${path(e)}`);
  }
  return [...told].slice(0, 12);
};
const unfold = () => document.querySelectorAll("details").forEach((e) => (e.open = true));

// The parts of <main>, one after another as if the page had no other: of 300,000 elements at once a
// layout takes seconds and axe-core minutes, and each part is looked at whole all the same.
const parts = (page) => page.evaluate(() =>
  (window.parts = [...document.querySelector("main").children]).length);
const alone = (page, k) => page.evaluate((k) => {
  document.querySelector("main").replaceChildren(window.parts[k]);
}, k);

for (const width of [390, 768, 1280]) {
  const page = await opened(width);
  const paint = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  if (!(paint <= PAINT)) fault(width, `first paint after ${Math.round(paint)} ms`);
  for (const language of ["en", "ko"]) {
    await page.check(`#in-${language}`);
    const other = language === "en" ? "ko" : "en";
    const left = await page.evaluate((other) => [...document.querySelectorAll(`main span[lang=${other}]:not(.only)`)]
      .filter((e) => e.checkVisibility()).length, other);
    if (left) fault(width, `${left} sentences of ${other} beside ${language}`);
  }
  await page.evaluate(unfold);
  await page.addStyleTag({ content: "* { content-visibility: visible !important }" });
  for (let k = 0, all = await parts(page); k < all; k++) {
    await alone(page, k);
    for (const language of ["en", "ko"]) {
      await page.check(`#in-${language}`);
      for (const what of await page.evaluate(measured, { LETTER, TARGET }))
        fault(`${width} ${language}`, what);
    }
  }
  await page.context().close();
}

for (const [width, scheme, language] of [[1280, "light", "en"], [390, "dark", "ko"]]) {
  const page = await opened(width, scheme);
  await page.check(`#in-${language}`);
  await page.evaluate(unfold);
  await page.addStyleTag({ content: "* { content-visibility: visible !important }" });
  const twice = await page.evaluate(() => {
    const seen = new Set();
    return [...document.querySelectorAll("[id]")].map((e) => e.id)
      .filter((id) => seen.size === seen.add(id).size);
  });
  for (const id of twice) fault(`${width} ${scheme}`, `the id ${id} stands twice`);
  await page.evaluate(axe);
  for (let k = 0, all = await parts(page); k < all; k++) {
    await alone(page, k);
    const { violations } = await page.evaluate(() =>
      window.axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }));
    for (const { id, help, nodes } of violations)
      fault(`axe ${width} ${scheme}`, `${id}, ${nodes.length} times: ${help}; ${nodes[0].target}`);
  }
  await page.context().close();
}

const paper = await opened(PAPER);
await paper.evaluate(() => dispatchEvent(new Event("beforeprint")));
await paper.emulateMedia({ media: "print" });
const folded = await paper.evaluate(() => document.querySelectorAll("details:not([open])").length);
if (folded) fault("paper", `${folded} parts stay folded`);
for (let k = 0, all = await parts(paper); k < all; k++) {
  await alone(paper, k);
  for (const what of await paper.evaluate(measured, { LETTER: 0, TARGET: 0, limit: PAPER }))
    fault("paper", what);
}
await paper.context().close();

const page = await opened(1280);
const claim = await page.evaluate(() => document.querySelector(".claim")?.id);
if (claim) {
  const linked = await opened(1280, "light", `#${claim}`);
  if (!(await linked.locator(`[id="${claim}"] .facts`).isVisible())) fault(claim, "its link leaves it folded");
  const count = await linked.locator(".claim:visible").count();
  for (const verdict of ["holds", "fails", "undecided"]) {
    await linked.selectOption("[name=verdict]", verdict);
    const shown = await linked.evaluate(() => [...document.querySelectorAll(".claim")]
      .filter((e) => !e.hidden).map((e) => e.dataset.verdict));
    if (shown.length >= count || shown.some((v) => v !== verdict)) fault("ledger", `filter of ${verdict}`);
  }
}
const stops = await page.evaluate(() => {
  const before = document.querySelector(".chapter");
  return [...document.querySelectorAll("a[href], button, input, select, summary")]
    .filter((e) => e.compareDocumentPosition(before) & 4).length;
});
if (stops > 40) fault("keyboard", `${stops} stops before the first chapter`);
await browser.close();

if (!faults.length) console.log(`${file}: nothing to find fault with, ${size.toFixed(1)} MB`);
process.exit(faults.length ? 1 : 0);
