// The latent explorer: a point of the plane of latents, its image, what a classifier says of it.
"use strict";
HandsOn.widget("explorer", (root) => {
  const H = HandsOn, REACH = 3.2, SIZE = 300, CELLS = 32;
  const stored = H.data(root);
  const models = stored.models.map((m) => ({ ...m, decoder: H.network(m.decoder) }));
  const judge = stored.judge && H.network(stored.judge.network);
  const find = (name) => root.querySelector(`[data-part="${name}"]`);
  const svg = find("plane"), image = find("image"), bars = find("bars"), said = find("said");
  const across = H.scale(-REACH, REACH, 0, SIZE), up = H.scale(-REACH, REACH, SIZE, 0);
  let model = models[0], z = [0, 0];
  const maps = new Map(), busy = new Set();
  const point = H.make("circle", { class: "ho-point", r: 7, "stroke-width": 2 });
  const way = H.make("line", { class: "ho-way" });
  const regions = H.make("g");
  svg.append(regions);
  for (const r of [1, 2, 3]) {
    svg.append(H.make("circle", { class: "ho-ring", cx: across(0), cy: up(0), r: across(r) - across(0) }));
  }
  svg.append(way, point);
  const named = (x) => (judge ? H.softmax(H.forward(judge, x)) : []);
  const cells = [];
  for (let i = 0; i < CELLS * CELLS; i++) {
    const side = SIZE / CELLS;
    const cell = H.make("rect", { x: (i % CELLS) * side, y: Math.floor(i / CELLS) * side,
      width: side + 0.3, height: side + 0.3, fill: "none" });
    cells.push(cell);
    regions.append(cell);
  }
  // Which class is named where: a row at a time, so that the page stays alive.
  const survey = (of) => {
    const known = maps.get(of) || maps.set(of, []).get(of);
    if (of === model) cells.forEach((cell, i) => cell.setAttribute("fill", known[i] || "none"));
    if (!judge || busy.has(of) || known.length === cells.length) return;
    busy.add(of);
    const step = (2 * REACH) / CELLS, row = known.length / CELLS;
    for (let k = 0; k < CELLS; k++) {
      const p = named(H.forward(of.decoder, [-REACH + (k + 0.5) * step, REACH - (row + 0.5) * step]));
      const best = p.indexOf(Math.max(...p));
      known.push(`hsl(${(best * 360) / p.length} 55% 55% / ${(0.5 * p[best]).toFixed(2)})`);
    }
    setTimeout(() => {
      busy.delete(of);
      survey(of);
    });
  };
  const rows = (stored.judge ? stored.judge.classes : []).map((name) => {
    const fill = H.make("span", { class: "ho-fill" });
    bars.append(H.make("div", { class: "ho-bar" }, H.make("span", {}, name), fill));
    return fill;
  });
  const show = () => {
    const x = H.forward(model.decoder, z).slice(0, model.shape[0] * model.shape[1]);
    H.paint(image, x, model.shape);
    point.setAttribute("cx", across(z[0]));
    point.setAttribute("cy", up(z[1]));
    named(x).forEach((p, i) => rows[i].style.setProperty("--share", p.toFixed(4)));
    const density = H.normal(z[0], 0, 1) * H.normal(z[1], 0, 1);
    said.textContent = `z = (${H.fixed(z[0], 2)}, ${H.fixed(z[1], 2)}),  p(z) = ${H.fixed(density, 4)}`;
  };
  const go = (a, b) => {
    z = [a, b].map((v) => Math.min(Math.max(v, -REACH), REACH));
    show();
  };
  H.drag(svg, (x, y) => go((x / SIZE - 0.5) * 2 * REACH, (0.5 - y / SIZE) * 2 * REACH));
  svg.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
    if (!by) return;
    event.preventDefault();
    go(z[0] + by[0], z[1] + by[1]);
  });
  // Between the codes of two test digits.
  const from = find("from"), to = find("to"), slider = find("way"), between = find("between"), none = find("none");
  const chosen = () => [from, to].map((list) => model.codes[list.selectedIndex]);
  const walk = () => {
    const [a, b] = chosen();
    way.setAttribute("x1", across(a[0]));
    way.setAttribute("y1", up(a[1]));
    way.setAttribute("x2", across(b[0]));
    way.setAttribute("y2", up(b[1]));
    const t = Number(slider.value);
    go(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]));
  };
  for (const part of [from, to, slider]) part.addEventListener("input", walk);
  const pick = find("model");
  const choose = () => {
    model = models[pick.selectedIndex];
    between.hidden = !model.codes.length;
    none.hidden = !!model.codes.length;
    way.setAttribute("visibility", model.codes.length ? "visible" : "hidden");
    if (model.codes.length && !from.length) {
      model.labels.forEach((label, i) => {
        for (const list of [from, to]) list.append(H.make("option", {}, `${label} (${i + 1})`));
      });
      to.selectedIndex = model.labels.length - 1;
    }
    survey(model);
    if (model.codes.length) walk(); else show();
  };
  pick.addEventListener("input", choose);
  choose();
});
