// Wrong on purpose: each switch puts a mistake into a formula, and its identity breaks.
"use strict";
HandsOn.widget("mistakes", (root) => {
  const H = HandsOn, ROUNDING = 1e-9;
  for (const item of root.querySelectorAll("[data-mistake]")) {
    const f = H.mistakes[item.dataset.mistake], find = (name) => item.querySelector(`[data-part="${name}"]`);
    const show = () => {
      const [left, right] = f(find("switch").checked), gap = Math.abs(left - right);
      find("left").textContent = H.fixed(left, 6);
      find("right").textContent = H.fixed(right, 6);
      const broken = gap > ROUNDING;
      find("holds").hidden = broken;
      find("broken").hidden = !broken;
      find("gap").textContent = H.fixed(gap, 4);
      item.classList.toggle("ho-is-broken", broken);
    };
    find("switch").addEventListener("input", show);
    show();
  }
});
