// Shows the values below the pointer and zooms into spans of time: by dragging, wheel, pinch, keys
// and the page's address. The page is whole without it.

const SHORTEST = MINUTE, DRAG = 5;

// The charts that share an axis of time, and the span of it that they show.
class Axis {
  constructor(charts) {
    Object.assign(this, { charts, start: charts[0].start, end: charts[0].end, shifts: charts[0].shifts });
    Object.assign(this, { from: this.start, to: this.end });
    for (const chart of charts) Object.assign(chart, { from: this.start, to: this.end });
    charts.forEach((chart) => this.listen(chart));
  }

  get whole() { return this.from <= this.start && this.to >= this.end; }

  show(from, to) {
    const longest = this.end - this.start;
    const span = Math.min(longest, Math.max(to - from, Math.min(SHORTEST, longest)));
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(this.start, middle - span / 2), this.end - span);
    this.to = this.from + span;
    this.draw();
  }

  draw(printing = false) {
    for (const chart of this.charts) {
      chart.fit(printing);
      chart.draw(this.from, this.to);
    }
    tell(this);
  }

  showAll() { this.show(this.start, this.end); }

  // Makes the span so many times as long; the instant `still` keeps its place.
  scale(factor, still = (this.from + this.to) / 2) {
    this.show(still - (still - this.from) * factor, still + (this.to - still) * factor);
  }

  pan(share) {
    const by = share * (this.to - this.from);
    this.show(this.from + by, this.to + by);
  }

  point(when) {
    for (const chart of this.charts) {
      const x = chart.x(when ?? chart.from);
      chart.cursor.setAttribute("x1", x);
      chart.cursor.setAttribute("x2", x);
      chart.cursor.style.opacity = when === null ? 0 : 1;
    }
  }

  listen(chart) {
    const { svg, brush } = chart, down = new Map();
    let pinch = null;
    const clear = () => brush.setAttribute("width", 0);
    svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      down.set(event.pointerId, { begin: event.clientX, now: event.clientX });
      pinch = down.size === 2 ? [...down.values()].map(({ now }) => chart.under(now)) : null;
      hideTip(this);
    });
    window.addEventListener("pointermove", (event) => {
      const finger = down.get(event.pointerId);
      if (!finger) return;
      finger.now = event.clientX;
      if (pinch) {
        clear();
        this.pinch(chart, pinch, [...down.values()].map(({ now }) => now));
      } else if (down.size === 1 && Math.abs(finger.now - finger.begin) >= DRAG) {
        const ends = this.between(chart, finger).map((when) => chart.x(when));
        brush.setAttribute("x", ends[0]);
        brush.setAttribute("width", ends[1] - ends[0]);
      }
    });
    window.addEventListener("pointerup", (event) => {
      const finger = down.get(event.pointerId);
      if (!finger) return;
      finger.now = event.clientX;
      const drawn = !pinch && Math.abs(finger.now - finger.begin) >= DRAG;
      down.delete(event.pointerId);
      if (!down.size) pinch = null;
      clear();
      if (drawn) this.show(...this.between(chart, finger));
      else if (event.pointerType === "touch" && !down.size) showTip(this, chart, event);
    });
    window.addEventListener("pointercancel", (event) => { down.delete(event.pointerId); pinch = null; clear(); });
    svg.addEventListener("pointermove", (event) => { if (!down.size) showTip(this, chart, event); });
    svg.addEventListener("pointerleave", () => hideTip(this));
    svg.addEventListener("dblclick", () => this.showAll());
    svg.addEventListener("wheel", (event) => {
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (event.ctrlKey) this.scale(Math.exp(event.deltaY / 400), chart.under(event.clientX));
      else if (sideways && !this.whole) this.pan(event.deltaX / 1000);
      else return;
      event.preventDefault();
    }, { passive: false });
    svg.addEventListener("keydown", (event) => {
      const act = KEYS[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      act(this);
      event.preventDefault();
    });
  }

  // From and to of a drag, within what is shown.
  between(chart, { begin, now }) {
    const within = (when) => Math.min(Math.max(when, this.from), this.to);
    return [begin, now].map((x) => within(chart.under(x))).sort((a, b) => a - b);
  }

  // Keeps both instants below the two fingers.
  pinch(chart, instants, places) {
    const apart = chart.under(places[1]) - chart.under(places[0]);
    if (Math.abs(apart) < 1e-6) return;
    const factor = (instants[1] - instants[0]) / apart;
    if (factor <= 0) return;
    const from = instants[0] - (chart.under(places[0]) - this.from) * factor;
    this.show(from, from + (this.to - this.from) * factor);
  }
}

const KEYS = {
  ArrowLeft: (axis) => axis.pan(-0.2), ArrowRight: (axis) => axis.pan(0.2),
  "+": (axis) => axis.scale(0.5), "=": (axis) => axis.scale(0.5),
  "-": (axis) => axis.scale(2), 0: (axis) => axis.showAll(), Escape: (axis) => axis.showAll(),
};

function element(tag, text, parent) {
  const node = document.createElement(tag);
  node.textContent = text;
  parent?.append(node);
  return node;
}

// What the pointer is on.
const tip = element("div", "", document.body);
tip.id = "tip";
tip.hidden = true;
function showTip(axis, chart, event) {
  const when = chart.under(event.clientX);
  if (when < chart.from || when > chart.to) { hideTip(axis); return; }
  const { day, minute, second } = civil(chart.shifts, when);
  const time = axis.to - axis.from <= 2 * HOUR ? minute + second : minute;
  tip.replaceChildren(element("strong", `${day} ${time}`));
  for (const line of chart.lines) {
    const value = valueAt(chart.points(line), when);
    const shown = value === null ? "–" : `${value.toFixed(chart.values[1] <= 10 ? 2 : 1)} ${chart.unit}`;
    element("div", `${line.label} ${shown}`, tip);
  }
  tip.hidden = false;
  tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.min(event.clientY + 14, window.innerHeight - tip.offsetHeight - 8)}px`;
  axis.point(when);
}
function hideTip(axis) {
  tip.hidden = true;
  axis.point(null);
}

// The bar that says which span is shown, and leads back.
const bar = element("div", "", document.body);
bar.id = "zoom";
bar.hidden = true;
const span = element("output", "", bar);
for (const [text, title, act] of [
  ["←", "earlier", (axis) => axis.pan(-0.5)], ["→", "later", (axis) => axis.pan(0.5)],
  ["−", "zoom out", (axis) => axis.scale(2)], ["+", "zoom in", (axis) => axis.scale(0.5)],
  ["Show all", "", (axis) => axis.showAll()],
]) {
  const button = element("button", text, bar);
  button.type = "button";
  if (title) button.title = button.ariaLabel = title;
  button.addEventListener("click", () => act(zoomed));
}
let zoomed = null, written = 0;
function tell(axis) {
  zoomed = axis;
  const [from, to] = [axis.from, axis.to].map((when) => civil(axis.shifts, when));
  const precise = axis.to - axis.from < 10 * MINUTE;
  const time = (at) => (precise ? at.minute + at.second : at.minute);
  const until = from.day === to.day ? time(to) : `${to.day} ${time(to)}`;
  const text = axis.whole ? "" : `${from.day} ${time(from)} – ${until}`;
  if (span.textContent !== text) span.textContent = text;
  for (const node of document.querySelectorAll(".zoom-span")) node.textContent = text;
  bar.hidden = axis.whole;
  clearTimeout(written);
  written = setTimeout(() => remember(axis), 200);
}

// The span stands in the page's address, to come back to or to pass on.
const stamp = (when) => new Date(Math.round(when) * 1000).toISOString().replace(".000", "");
function remember(axis) {
  const zoom = axis.whole ? "" : `#zoom=${stamp(axis.from)}/${stamp(axis.to)}`;
  if (zoom === location.hash || (!zoom && !location.hash.startsWith("#zoom="))) return;
  try {
    history.replaceState(null, "", zoom || location.pathname + location.search);
  } catch { /* a page within another has no address of its own */ }
}
function recall() {
  const [, from, to] = /^#zoom=([-:\dTZ]{20})\/([-:\dTZ]{20})$/.exec(location.hash) ?? [];
  const ends = [from, to].map((text) => Date.parse(text) / 1000);
  if (!(ends[0] < ends[1])) return;
  for (const axis of axes) if (ends[0] < axis.end && ends[1] > axis.start) axis.show(...ends);
}

const groups = new Map();
for (const svg of document.querySelectorAll("svg.chart[data-chart]")) {
  const chart = new Chart(svg), key = `${chart.start} ${chart.end}`;
  groups.set(key, [...(groups.get(key) ?? []), chart]);
}
const axes = [...groups.values()].map((charts) => new Axis(charts));
for (const hint of document.querySelectorAll(".zoom-hint")) hint.hidden = !axes.length;
const redraw = (printing) => axes.forEach((axis) => axis.draw(printing));
redraw(false);
recall();
window.addEventListener("hashchange", recall);
window.addEventListener("resize", () => redraw(false));
window.addEventListener("beforeprint", () => redraw(true));
window.addEventListener("afterprint", () => redraw(false));
