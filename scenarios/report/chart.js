"use strict";
// Draws the report's charts anew in any span of their time. The points, the steps of time and
// the paths are those of points.py, axes.py and charts.py.

const MINUTE = 60, HOUR = 3600, DAY = 86400, MONDAY = 3 * DAY;
const STEPS = [
  1, 2, 5, 10, 15, 30, ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR), ...[1, 2, 4, 7, 14, 28, 84, 364].map((n) => n * DAY),
];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SVG = document.querySelector("svg")?.namespaceURI;
const TICK_APART = 85, MARGIN = 12, UNSEEN = 0.5, DENSE = 10 * DAY;

// Dutch civil time, from the page's own table: the browser's zone has no say in it.
function civil(shifts, at) {
  let shift = shifts[0][1];
  for (const [from, seconds] of shifts) if (from <= at) shift = seconds;
  const date = new Date((at + shift) * 1000), two = (n) => String(n).padStart(2, "0");
  return {
    count: Math.floor(at + shift),
    day: `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`,
    minute: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`,
    second: `:${two(date.getUTCSeconds())}`,
  };
}

function spanned(points, from, to) {
  const { at, level } = points;
  let first = 0, beyond = at.length;
  while (first < beyond) {
    const middle = (first + beyond) >> 1;
    if (at[middle] <= from) first = middle + 1; else beyond = middle;
  }
  const inside = first > 0 ? [[from, level[first - 1]]] : [];
  for (let n = first; n < at.length && at[n] < to; n++) inside.push([at[n], level[n]]);
  return inside;
}

function cut(points, from, to) {
  const inside = spanned(points, from, to);
  return { at: inside.map(([when]) => when), level: inside.map(([, level]) => level) };
}

function thinned(points, from, step, tolerance) {
  const columns = [];
  let last = null, column = null;
  points.forEach(([when, level], n) => {
    if (n && last !== null && level !== null && Math.abs(level - last) < tolerance) return;
    last = level;
    const which = Math.floor((when - from) / step);
    if (column?.which !== which) columns.push(column = { which, points: [] });
    column.points.push([when, level]);
  });
  return columns.flatMap(({ points }) => {
    if (points.length <= 4) return points;
    const known = points.filter(([, level]) => level !== null);
    const pick = (better) => known.reduce((a, b) => (better(b[1], a[1]) ? b : a), known[0]);
    const kept = new Set([points[0], points.at(-1), pick((a, b) => a < b), pick((a, b) => a > b)]);
    kept.add(points.find(([, level]) => level === null));
    return points.filter((point) => kept.has(point));
  });
}

function valueAt({ at, level }, when) {
  const [held] = spanned({ at, level }, when, when);
  return held === undefined ? null : held[1];
}

function highest(lines) {
  const instants = [...new Set(lines.flatMap(({ at }) => at))].sort((a, b) => a - b);
  const marks = lines.map(() => -1);
  return {
    at: instants,
    level: instants.map((when) => Math.max(...lines.map(({ at, level }, n) => {
      while (marks[n] + 1 < at.length && at[marks[n] + 1] <= when) marks[n]++;
      return marks[n] < 0 ? 0 : level[marks[n]] ?? 0;
    }))),
  };
}

class Chart {
  constructor(svg) {
    const data = JSON.parse(svg.dataset.chart), box = svg.viewBox.baseVal;
    Object.assign(this, data, { svg, width: box.width, height: box.height });
    [this.left, this.right, this.top, this.bottom] = data.plot;
    this.made = { width: this.width, right: this.right };
    const unpacked = ({ at, level, step }) => {
      let when = data.start;
      return {
        step, at: at.map((gap) => (when += gap)),
        level: level.map((n) => (n === null ? null : n / 10 ** data.decimals)),
      };
    };
    this.lines = data.lines.map((line) => ({
      label: line.label, coarse: unpacked(line), fine: line.fine && unpacked(line.fine),
    }));
    this.brush = svg.appendChild(document.createElementNS(SVG, "rect"));
    this.brush.setAttribute("class", "brush");
    this.cursor = svg.appendChild(document.createElementNS(SVG, "line"));
    this.cursor.setAttribute("class", "cursor");
    for (const [node, from, to] of [[this.brush, "y", "height"], [this.cursor, "y1", "y2"]]) {
      node.setAttribute(from, this.top);
      node.setAttribute(to, to === "height" ? this.bottom - this.top : this.bottom);
    }
    this.strokes = [...svg.querySelectorAll("path.line")];
    this.areas = [...svg.querySelectorAll("path.area")];
    this.times = svg.querySelector(".times");
    svg.classList.add("live");
    svg.tabIndex = 0;
    svg.setAttribute("role", "application");
    svg.setAttribute("aria-roledescription", "chart that can be zoomed");
  }

  x(when) { return this.left + (when - this.from) / (this.to - this.from) * (this.right - this.left); }

  y(level) {
    const [low, high] = this.values;
    return this.bottom - (level - low) / (high - low) * (this.bottom - this.top);
  }

  // The instant below a place on the screen.
  under(clientX) {
    const box = this.svg.getBoundingClientRect();
    const x = (clientX - box.left) / box.width * this.width;
    return this.from + (x - this.left) / (this.right - this.left) * (this.to - this.from);
  }

  points(line) {
    const pixel = (this.to - this.from) / (this.right - this.left);
    const whole = this.from <= this.start && this.to >= this.end;
    return line.fine && !whole && line.fine.step >= pixel ? line.fine : line.coarse;
  }

  // Fits the picture to its box, so that its letters keep their size on a narrow screen.
  fit(printing) {
    const { width, right } = this.made;
    const wide = this.svg.getBoundingClientRect().width;
    this.width = printing || wide > width * 0.9 || wide < 1 ? width : Math.max(240, Math.round(wide));
    this.right = this.width - (width - right);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    for (const line of this.svg.querySelectorAll(".level, .rating")) line.setAttribute("x2", this.right);
    this.svg.querySelector(".plot")?.setAttribute("width", this.right - this.left);
    this.svg.querySelector(".rating-label")?.setAttribute("x", this.right - 4);
  }

  draw(from, to) {
    Object.assign(this, { from, to });
    const shown = this.lines.map((line) => this.points(line));
    const overload = this.svg.querySelector(".overload");
    if (overload) overload.setAttribute("d", this.area(highest(shown.map((points) => cut(points, from, to)))));
    this.svg.classList.toggle("dense", to - from > DENSE);
    let area = 0;
    shown.forEach((points, n) => {
      const stroke = this.strokes[n], below = this.areas[area];
      stroke.setAttribute("d", this.stroke(points));
      if (below && below === stroke.previousElementSibling) {
        below.setAttribute("d", this.area(points));
        area++;
      }
    });
    this.drawTimes();
  }

  seen(points) {
    const { from, to } = this, [low, high] = this.values;
    const pixel = (to - from) / (this.right - this.left);
    const tolerance = UNSEEN * (high - low) / (this.bottom - this.top);
    return thinned(spanned(points, from, to), from, pixel, tolerance);
  }

  stroke(points) {
    let path = "", drawing = false;
    for (const [when, level] of this.seen(points)) {
      const across = this.x(when).toFixed(1);
      if (drawing) path += `H${across}`;
      if (level !== null) path += (drawing ? "V" : `M${across} `) + this.y(level).toFixed(1);
      drawing = level !== null;
    }
    return drawing ? `${path}H${this.right.toFixed(1)}` : path;
  }

  area(points) {
    const ground = this.y(0).toFixed(1);
    let path = `M${this.left.toFixed(1)} ${ground}`;
    for (const [when, level] of this.seen(points)) {
      path += `H${this.x(when).toFixed(1)}V${this.y(level ?? 0).toFixed(1)}`;
    }
    return `${path}H${this.right.toFixed(1)}V${ground}Z`;
  }

  drawTimes() {
    const { from, to, left, right, top, bottom } = this;
    const most = Math.floor((right - left) / TICK_APART);
    const step = STEPS.find((n) => (to - from) / n <= most) ?? STEPS.at(-1), stride = Math.min(step, HOUR);
    this.times.replaceChildren();
    const add = (tag, attributes, text) => {
      const node = this.times.appendChild(document.createElementNS(SVG, tag));
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      node.textContent = text;
    };
    for (let when = Math.ceil(from / stride) * stride; when <= to; when += stride) {
      const { count, day, minute, second } = civil(this.shifts, when);
      if ((count + MONDAY) % step) continue;
      const midnight = count % DAY === 0;
      const text = midnight ? day : step < MINUTE ? minute + second : minute;
      const place = this.x(when), half = text.length * 3.5, x = place.toFixed(1);
      const anchor = place + half > right + MARGIN ? "end" : place - half < left - 20 ? "start" : "middle";
      add("line", { class: midnight ? "midnight" : "grid", x1: x, x2: x, y1: top, y2: bottom }, "");
      add("text", { class: "tick", x, y: bottom + 16, "text-anchor": anchor }, text);
    }
  }
}
