// The theory film: densities, D and D* of one training at each snapshot, under a slider.
"use strict";
HandsOn.widget("film", (root) => {
  const H = HandsOn, W = 640, LEFT = 12, RIGHT = 600, FLOOR = 200, TOP = 10, FOOT = 280;
  const films = H.data(root);
  const find = (name) => root.querySelector(`[data-part="${name}"]`);
  const svg = find("stage"), slider = find("slider"), pick = find("run"), said = find("said");
  const lines = {}, arrows = H.make("path", { class: "ho-arrow" });
  svg.append(H.make("line", { class: "ho-axis", x1: LEFT, x2: RIGHT, y1: FLOOR, y2: FLOOR }),
    H.make("line", { class: "ho-axis", x1: LEFT + 40, x2: RIGHT - 40, y1: FOOT, y2: FOOT }),
    H.make("text", { class: "ho-label", x: RIGHT + 6, y: FLOOR + 4 }, "x"),
    H.make("text", { class: "ho-label", x: RIGHT - 32, y: FOOT + 4 }, "z"), arrows);
  for (const name of ["p_data", "p_g", "D", "D*"]) {
    lines[name] = H.make("polyline", { class: `ho-line ho-${name.replace("*", "-best")}` });
    svg.append(lines[name]);
  }
  let film = films[0], timer = null;
  const show = () => {
    const m = Number(slider.value), x = film.x;
    const along = H.scale(x[0], x[x.length - 1], LEFT, RIGHT);
    const high = H.scale(0, 1.9 * Math.max(...film.lines.p_data[0]), FLOOR, TOP);
    const share = H.scale(0, 1, FLOOR, TOP);
    for (const [name, line] of Object.entries(lines)) {
      const row = (film.lines[name] || [])[m];
      const y = name.startsWith("p_") ? high : share;
      line.setAttribute("points", row ? H.points(x.map(along), row.map((v) => Math.max(y(v), -20))) : "");
    }
    if (film.z) {
      const below = H.scale(film.z[0], film.z[film.z.length - 1], LEFT + 40, RIGHT - 40);
      arrows.setAttribute("d", film.z.map((z, i) =>
        `M${below(z).toFixed(0)} ${FOOT}L${along(film.G[m][i]).toFixed(0)} ${FLOOR + 6}`).join(""));
    }
    said.textContent = film.rounds[m].toLocaleString("en");
    slider.setAttribute("aria-valuetext", String(film.rounds[m]));
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    find("play").hidden = false;
    find("stop").hidden = true;
  };
  find("play").addEventListener("click", () => {
    if (Number(slider.value) >= film.rounds.length - 1) slider.value = 0;
    find("play").hidden = true;
    find("stop").hidden = false;
    timer = setInterval(() => {
      if (Number(slider.value) >= film.rounds.length - 1) return stop();
      slider.value = Number(slider.value) + 1;
      show();
    }, 400);
  });
  find("stop").addEventListener("click", stop);
  slider.addEventListener("input", show);
  pick.addEventListener("input", () => {
    film = films[pick.selectedIndex];
    slider.max = film.rounds.length - 1;
    show();
  });
  slider.max = film.rounds.length - 1;
  show();
});
