// D in pursuit of D*: p_data is N(0, 1), p_g a Gaussian that is dragged, D a logistic parabola.
"use strict";
HandsOn.widget("pursuit", (root) => {
  const H = HandsOn, W = 640, FLOOR = 210, TOP = 12, REACH = 5, PEAK = 1.3;
  const find = (name) => root.querySelector(`[data-part="${name}"]`);
  const svg = find("stage"), mean = find("mean"), width = find("width"), steps = find("steps");
  const along = H.scale(-REACH, REACH, 0, W), high = H.scale(0, PEAK, FLOOR, TOP);
  const share = H.scale(0, 1, FLOOR, TOP);
  const x = Array.from({ length: 201 }, (_, i) => -REACH + (i * 2 * REACH) / 200);
  const lines = {};
  svg.append(H.make("line", { class: "ho-axis", x1: 0, x2: W, y1: FLOOR, y2: FLOOR }),
    H.make("line", { class: "ho-ring", x1: 0, x2: W, y1: share(0.5), y2: share(0.5) }),
    H.make("text", { class: "ho-label", x: 4, y: share(0.5) - 4 }, "D = ½"));
  for (const name of ["p_data", "p_g", "D", "D*"]) {
    lines[name] = H.make("polyline", { class: `ho-line ho-${name.replace("*", "-best")}` });
    svg.append(lines[name]);
  }
  const top = H.make("circle", { class: "ho-point", r: 8 });
  svg.append(top);
  const draw = (name, f, y) => lines[name].setAttribute("points", H.points(x.map(along), x.map((v) => y(f(v)))));
  let c = [0, 0, 0];
  const place = () => [Number(mean.value), Number(width.value)];
  const show = () => {
    const [m, s] = place(), best = H.best(m, s);
    draw("p_data", (v) => H.normal(v, 0, 1), high);
    draw("p_g", (v) => H.normal(v, m, s), high);
    draw("D", (v) => H.sigmoid(H.logit(c, v)), share);
    draw("D*", (v) => H.sigmoid(H.logit(best, v)), share);
    top.setAttribute("cx", along(m));
    top.setAttribute("cy", high(H.normal(m, m, s)));
    const V = H.value(c, m, s), sup = H.value(best, m, s);
    find("value").textContent = H.fixed(V, 4);
    find("best").textContent = H.fixed(sup, 4);
    find("gap").textContent = H.fixed(Math.max(sup - V, 0), 4);
  };
  H.drag(svg, (px, py) => {
    mean.value = ((px / W) * 2 - 1) * REACH;
    const peak = Math.max(((FLOOR - py) / (FLOOR - TOP)) * PEAK, 0.12);
    width.value = 1 / (peak * Math.sqrt(2 * Math.PI));
    show();
  });
  for (const part of [mean, width]) part.addEventListener("input", show);
  let due = 0, before = null;
  const tick = (now) => {
    due += before === null ? 0 : ((now - before) / 1000) * Number(steps.value);
    before = now;
    if (due >= 1) {
      const [m, s] = place();
      for (let k = Math.min(Math.floor(due), 10); k > 0; k--) c = H.step(c, m, s, 0.1);
      due -= Math.floor(due);
      show();
    }
    if (root.isConnected) requestAnimationFrame(tick);
  };
  show();
  requestAnimationFrame(tick);
});
