// What a person does with a page, each followed by the span that the page then says it shows.
const svg = document.querySelectorAll("svg.chart")[1], box = svg.getBoundingClientRect();
const place = (hour) => box.left + (46 + hour / 24 * 942) / 1000 * box.width;
const send = (kind, type, more) => svg.dispatchEvent(
  new kind(type, { bubbles: true, cancelable: true, clientY: box.top + 50, ...more }));
const touch = (type, pointerId, hour) => send(PointerEvent, type, { pointerId, clientX: place(hour) });
const key = (key, more) => send(KeyboardEvent, "keydown", { key, ...more });
const ACTS = {
  drag() { touch("pointerdown", 1, 12); touch("pointermove", 1, 9); touch("pointerup", 1, 6); },
  click() { touch("pointerdown", 1, 3); touch("pointerup", 1, 3); },
  right() { key("ArrowRight"); key("ArrowRight"); },
  closer() { key("+"); },
  "browser's own"() { key("+", { ctrlKey: true }); },
  wheel() { send(WheelEvent, "wheel", { deltaY: 400 * Math.LN2, ctrlKey: true, clientX: place(0) }); },
  scroll() { send(WheelEvent, "wheel", { deltaY: 400, clientX: place(0) }); },
  sideways() { send(WheelEvent, "wheel", { deltaX: -500, clientX: place(0) }); },
  end() { for (let n = 0; n < 40; n++) key("ArrowRight"); },
  closest() { for (let n = 0; n < 40; n++) key("+"); },
  all() { send(MouseEvent, "dblclick", {}); },
  pinch() {
    touch("pointerdown", 1, 8); touch("pointerdown", 2, 16);
    touch("pointermove", 1, 4); touch("pointermove", 2, 20);
    touch("pointerup", 1, 4); touch("pointerup", 2, 20);
  },
  button() { [...document.querySelectorAll("#zoom button")].at(-1).click(); },
  address() { location.hash = "#zoom=2024-01-27T03:00:00Z/2024-01-27T04:30:00Z"; },
  nonsense() { location.hash = "#zoom=2024-01-27T09:00:00Z/2024-01-27T04:30:00Z"; },
  tap() {
    const finger = { pointerId: 3, clientX: place(6), pointerType: "touch" };
    send(PointerEvent, "pointerdown", finger);
    send(PointerEvent, "pointerup", finger);
    tapped = document.querySelector("#tip strong").textContent;
  },
  hover() { touch("pointermove", 1, 12); },
};
let tapped;
const wait = () => new Promise((done) => setTimeout(done, 50));
(async () => {
  const seen = {};
  for (const [name, act] of Object.entries(ACTS)) {
    act();
    await wait();
    const bar = document.querySelector("#zoom");
    seen[name] = bar.hidden ? "all" : bar.querySelector("output").textContent;
  }
  seen.tapped = tapped;
  seen.tip = [...document.querySelectorAll("#tip *")].map((node) => node.textContent);
  seen.cursors = [...document.querySelectorAll(".cursor")].filter((node) => node.style.opacity === "1").length;
  await new Promise((done) => setTimeout(done, 300));
  seen.hash = location.hash;
  document.body.append(Object.assign(document.createElement("pre"), { id: "seen", textContent: JSON.stringify(seen) }));
})();
