// The atlas of mode collapse: every seed of every game; the samples of the cell that is chosen.
"use strict";
HandsOn.widget("atlas", (root) => {
  const H = HandsOn;
  const games = H.data(root);
  const find = (name) => root.querySelector(`[data-part="${name}"]`);
  const bars = find("bars"), points = find("points"), sheet = find("sheet"), said = find("said");
  const show = (button) => {
    for (const other of root.querySelectorAll("[aria-pressed='true']")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", "true");
    const game = games[button.dataset.game], k = Number(button.dataset.seed);
    said.textContent = `${button.dataset.name}, ${game.seeds[k]}`;
    find("shown").hidden = false;
    const shares = game.shares[k], most = Math.max(...shares, ...game.reference) * 1.08;
    bars.replaceChildren(...shares.flatMap((p, i) => {
      const w = 300 / shares.length, y = 80 * (1 - p / most), r = 80 * (1 - game.reference[i] / most);
      return [H.make("rect", { class: "ho-data", x: i * w + 0.5, y, width: w - 1, height: 80 - y }),
        H.make("line", { class: "ho-reference", x1: i * w, x2: (i + 1) * w, y1: r, y2: r })];
    }));
    const image = game.sprite !== undefined;
    sheet.hidden = !image;
    points.toggleAttribute("hidden", image);
    if (image) {
      sheet.style.backgroundImage = `url(${game.sprite})`;
      sheet.style.aspectRatio = `${game.columns} / 1`;
      sheet.style.backgroundSize = `100% ${100 * game.seeds.length}%`;
      sheet.style.backgroundPosition = `0 ${game.seeds.length > 1 ? (100 * k) / (game.seeds.length - 1) : 0}%`;
    } else {
      const bytes = Uint8Array.from(atob(game.points[k]), (c) => c.charCodeAt(0));
      points.replaceChildren(...Array.from({ length: bytes.length / 2 }, (_, i) =>
        H.make("circle", { class: "ho-dot", cx: bytes[2 * i], cy: 255 - bytes[2 * i + 1], r: 1.6 })));
    }
  };
  for (const button of root.querySelectorAll("button[data-game]")) button.addEventListener("click", () => show(button));
});
