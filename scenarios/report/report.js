"use strict";
// Shows the values below the pointer; the page is whole without it.
const tip = document.getElementById("tip");
for (const svg of document.querySelectorAll("svg.chart")) {
  const data = JSON.parse(svg.dataset.hover);
  const left = Number(svg.dataset.left), right = Number(svg.dataset.right);
  const cursor = svg.querySelector(".cursor");
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const share = (x - left) / (right - left);
    const n = Math.floor(share * data.times.length);
    if (n < 0 || n >= data.times.length) { hide(); return; }
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    cursor.style.opacity = 1;
    tip.replaceChildren(row("strong", data.times[n]));
    for (const line of data.lines) {
      const value = line.values[n];
      const shown = value === null ? "–" : value.toFixed(1) + " " + data.unit;
      tip.append(row("div", line.label + " " + shown));
    }
    tip.hidden = false;
    const away = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8);
    tip.style.left = away + "px";
    tip.style.top = event.clientY + 14 + "px";
  });
  svg.addEventListener("pointerleave", hide);
  function hide() { tip.hidden = true; cursor.style.opacity = 0; }
}
function row(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}
