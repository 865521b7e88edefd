// What the widgets share: elements, drags, both languages.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const H = HandsOn;
  // An element. attributes: by name; children: elements or texts.
  H.make = (tag, attributes = {}, ...children) => {
    const svg = "svg path line circle rect text g polyline".split(" ").includes(tag);
    const made = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  // A text in both languages, of which the page shows the one that is switched on.
  H.both = (text) => {
    if (text.en === text.ko) return H.make("span", {}, text.en);
    return H.make("span", {},
      H.make("span", { lang: "en" }, text.en),
      H.make("span", { lang: "ko" }, text.ko));
  };
  H.data = (root) => JSON.parse(root.querySelector("script[type='application/json']").textContent);
  H.scale = (a, b, from, to) => (x) => from + ((x - a) / (b - a)) * (to - from);
  H.points = (xs, ys) => xs.map((x, i) => `${x.toFixed(1)},${ys[i].toFixed(1)}`).join(" ");
  // told(x, y) with the pointer's place in the drawing's own units, while it is held down.
  H.drag = (svg, told) => {
    const move = (event) => {
      const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
      told(((event.clientX - box.left) / box.width) * view.width,
        ((event.clientY - box.top) / box.height) * view.height);
    };
    svg.style.touchAction = "none";
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      move(event);
      svg.addEventListener("pointermove", move);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      svg.addEventListener(end, () => svg.removeEventListener("pointermove", move));
    }
  };
  // Grey levels from -1 to 1 on a canvas of one pixel each, which the style sheet enlarges.
  H.paint = (canvas, x, [height, width]) => {
    canvas.width = width;
    canvas.height = height;
    const image = canvas.getContext("2d").createImageData(width, height);
    for (let i = 0; i < height * width; i++) {
      const grey = Math.round((Math.min(Math.max(x[i], -1), 1) + 1) * 127.5);
      image.data.set([grey, grey, grey, 255], 4 * i);
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  };
  H.fixed = (x, digits = 3) => x.toFixed(digits).replace("-", "−");
  const widgets = [];
  H.widget = (name, begin) => widgets.push([name, begin]);
  // Each in a task of its own, so that a page opens at once.
  H.begin = () => {
    for (const [name, begin] of widgets) {
      for (const root of document.querySelectorAll(`[data-hands-on="${name}"]`)) {
        setTimeout(() => begin(root));
      }
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", H.begin);
  else setTimeout(H.begin); // after the widgets below have named themselves
})();
