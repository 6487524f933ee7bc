// The board below the video to code: a button and a lane per code with the coder's own spans, a time axis and a cursor.

import {axisTicks, clockText} from "./axis.js";
import {isPoint, isSame} from "./coding_spans.js";

export class CodingBoard {
  // `seek(time_s)` is called on click and drag, `select(span)` on a click on a span.
  constructor(element, {seek, select}) {
    [this.buttons, this.tracks, this.lanes, this.ruler, this.axis, this.cursor] = [
      ".codes", ".tracks", ".code-lanes", ".ruler", ".axis", ".cursor",
    ].map((name) => element.querySelector(name));
    this.duration_s = 1;
    this.select = select;
    this.closed = new AbortController();
    const listen = (name, handler) => this.tracks.addEventListener(name, handler, {signal: this.closed.signal});
    listen("pointerdown", (event) => {
      if (event.button) return;
      if (!event.target.closest(".coded")) this.tracks.setPointerCapture(event.pointerId);
      seek(this.timeOf(event.clientX));
    });
    listen("pointermove", (event) => {
      if (this.tracks.hasPointerCapture(event.pointerId)) seek(this.timeOf(event.clientX));
    });
    this.watcher = new ResizeObserver(() => this.#paintAxis());
    this.watcher.observe(this.tracks);
  }

  close() {
    this.closed.abort();
    this.watcher.disconnect();
  }

  timeOf(x) {
    const {left, width} = this.tracks.getBoundingClientRect();
    return (Math.min(Math.max(x - left, 0), width) / width) * this.duration_s;
  }

  // One row per code of the codebook, then one for each code that only spans have.
  setCodes(codes, spans) {
    const strays = [...new Set(spans.map((span) => span.code))].filter((name) => !codes.some((code) => code.name === name));
    const rows = [...codes, ...strays.map((name) => ({name, kind: "gone"}))];
    const wanted = JSON.stringify(rows);
    if (wanted === this.rows) return;
    this.rows = wanted;
    this.buttons.replaceChildren(...rows.map((code, place) => this.#button(code, place)));
    this.lanes.replaceChildren(...rows.map((code) => this.#lane(code)));
  }

  show({spans, open, selected, time_s, duration_s}) {
    this.duration_s = duration_s;
    for (const button of this.buttons.querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(open.some((state) => state.code === button.dataset.code)));
    }
    for (const lane of this.lanes.children) {
      const own = spans.filter((span) => span.code === lane.dataset.code);
      const growing = open.filter((state) => state.code === lane.dataset.code);
      lane.replaceChildren(
        ...own.map((span) => this.#span(span, selected)),
        ...growing.map((state) => this.#open(state, time_s)),
      );
    }
    this.#paintAxis();
  }

  // Moves the cursor, and the ends of open states with it.
  move(time_s, text) {
    this.cursor.style.left = this.#share(time_s);
    this.ruler.setAttribute("aria-valuenow", time_s.toFixed(2));
    this.ruler.setAttribute("aria-valuetext", text);
    for (const part of this.lanes.querySelectorAll(".open")) this.#stretch(part, Number(part.dataset.start), time_s);
  }

  #share(time_s) {
    return `${(100 * time_s) / this.duration_s}%`;
  }

  #button(code, place) {
    const button = document.createElement(code.kind === "gone" ? "p" : "button");
    const name = Object.assign(document.createElement("span"), {textContent: code.name});
    button.className = "code";
    button.title = code.name;
    if (code.kind === "gone") {
      button.title = `${code.name}: not in the codebook any more`;
      button.append(name);
      return button;
    }
    button.type = "button";
    Object.assign(button.dataset, {action: "press", by: place, code: code.name, kind: code.kind});
    button.setAttribute("aria-keyshortcuts", code.key);
    if (code.kind === "state") button.setAttribute("aria-pressed", "false");
    button.append(Object.assign(document.createElement("kbd"), {textContent: code.key.toUpperCase()}), name);
    return button;
  }

  #lane(code) {
    const lane = document.createElement("div");
    lane.className = "code-lane";
    lane.dataset.code = code.name;
    lane.setAttribute("role", "group");
    lane.setAttribute("aria-label", code.name);
    return lane;
  }

  #span(span, selected) {
    const part = document.createElement("button");
    const times = isPoint(span) ? [span.start_s] : [span.start_s, span.end_s];
    part.type = "button";
    // Keys select spans in order; hundreds of them would be hundreds of stops for the tab key.
    part.tabIndex = -1;
    part.className = isPoint(span) ? "coded point" : "coded";
    part.setAttribute("aria-label", `${span.code}, ${times.map((time_s) => clockText(time_s, 2)).join(" to ")}`);
    part.setAttribute("aria-pressed", String(selected !== null && isSame(span, selected)));
    part.title = part.getAttribute("aria-label");
    part.style.left = this.#share(span.start_s);
    if (!isPoint(span)) part.style.width = this.#share(span.end_s - span.start_s);
    part.addEventListener("click", () => this.select(span));
    return part;
  }

  #open(state, time_s) {
    const part = document.createElement("span");
    part.className = "open";
    part.dataset.start = String(state.start_s);
    this.#stretch(part, state.start_s, time_s);
    return part;
  }

  #stretch(part, start_s, time_s) {
    part.style.left = this.#share(Math.min(start_s, time_s));
    part.style.width = this.#share(Math.abs(time_s - start_s));
  }

  #paintAxis() {
    const width = this.tracks.clientWidth;
    if (width) this.axis.replaceChildren(...axisTicks(this.duration_s, width));
    this.ruler.setAttribute("aria-valuemax", this.duration_s.toFixed(1));
  }
}
