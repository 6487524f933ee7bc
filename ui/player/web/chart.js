// The chart below the video: a lane per person, event marks and a cursor. Click or drag to seek.

import {UNCLEAR} from "./timeline.js";
import {axisTicks} from "./axis.js";
import {columnsOf, paintLane, pixelOf, RIBBON, SPACE, STACK, writeLetters} from "./lanes.js";
import {signalLane} from "./signals.js";

// A screen has no room for more events.
const MAX_EVENTS = 500;
const MAX_COLUMNS = 4096;
const FLAG_ROW_PX = 18;
const FLAG_LETTER_PX = 7.5;
const FLAG_EDGE_PX = 20;
const MAX_FLAG_PX = 180;

export class Chart {
  // `seek(time_s)` is called on click and drag.
  constructor(element, seek) {
    this.element = element;
    [this.lanes, this.marks, this.flags, this.cursor, this.axis] = ["lanes", "marks", "flags", "cursor", "axis"].map((name) =>
      element.querySelector(`.${name}`),
    );
    this.duration_s = 1;
    this.closed = new AbortController();
    const listen = (name, handler) => element.addEventListener(name, handler, {signal: this.closed.signal});
    listen("pointerdown", (event) => {
      if (event.button) return;
      element.setPointerCapture(event.pointerId);
      seek(this.timeOf(event.clientX));
    });
    listen("pointermove", (event) => {
      if (element.hasPointerCapture(event.pointerId)) seek(this.timeOf(event.clientX));
    });
    this.watcher = new ResizeObserver(() => this.#paint());
    this.watcher.observe(element);
  }

  close() {
    this.closed.abort();
    this.watcher.disconnect();
  }

  timeOf(x) {
    const {left, width} = this.element.getBoundingClientRect();
    return (Math.min(Math.max(x - left, 0), width) / width) * this.duration_s;
  }

  // Shows a timeline with people, colours, events and the lanes `keys` of `signals`, which is null until loaded.
  show(timeline, people, colours, events, duration_s, signals, keys) {
    Object.assign(this, {timeline, people, colours, events, duration_s, signals, keys, painted: ""});
    this.element.setAttribute("aria-valuemax", duration_s.toFixed(1));
    this.#paint();
  }

  move(time_s, text) {
    this.cursor.style.left = `${(100 * time_s) / this.duration_s}%`;
    this.element.setAttribute("aria-valuenow", time_s.toFixed(2));
    this.element.setAttribute("aria-valuetext", text);
  }

  #paint() {
    const width = this.element.clientWidth;
    const scale = window.devicePixelRatio || 1;
    if (!this.timeline || !width || this.painted === `${width} ${scale}`) return;
    this.painted = `${width} ${scale}`;
    const {lanes, all} = this.people.inLanes(this.timeline);
    const columns = Math.min(Math.round(width * scale), MAX_COLUMNS);
    const data = columnsOf(this.timeline, this.people, lanes, columns, this.duration_s);
    this.lanes.replaceChildren(...data.map((lane, index) => this.#lane(lane, lanes[index], scale)));
    const note = document.createElement("p");
    note.className = "note";
    if (!all) note.textContent = "No face was found in this video.";
    if (all > lanes.length) note.textContent = `Lanes are for the ${lanes.length} people seen longest, out of ${all}.`;
    if (note.textContent) this.lanes.append(note);
    this.#paintEvents(width);
    this.axis.replaceChildren(...axisTicks(this.duration_s, width));
    const marks = [this.lanes, this.marks, this.flags, this.axis].map((part) => part.querySelectorAll("*").length);
    this.element.dataset.marks = String(marks.reduce((sum, count) => sum + count, 1));
  }

  #lane(lane, person, scale) {
    const part = document.createElement("div");
    part.className = "lane";
    const title = document.createElement("span");
    title.append(...this.#face(person), this.people.name(person));
    const canvas = document.createElement("canvas");
    const pixels = this.timeline.labels.map((label) => pixelOf(this.colours[label][0]));
    const image = paintLane(lane, pixels.length, pixels, pixelOf(this.colours.unclear[0]), scale);
    Object.assign(canvas, {width: image.width, height: image.height});
    canvas.style.height = `${RIBBON + SPACE + STACK}px`;
    const context = canvas.getContext("2d");
    context.putImageData(image, 0, 0);
    writeLetters(context, lane, this.timeline.labels.map((label) => this.colours[label]), scale);
    part.append(title, canvas);
    const chosen = this.signals?.chosen(this.keys) ?? [];
    const width = this.element.clientWidth;
    part.append(...chosen.map((signal) => signalLane(this.signals, signal, person, width, scale, this.duration_s)));
    return part;
  }

  #face(person) {
    if (!this.people.faces[person]) return [];
    // The name next to it is the text alternative.
    return [Object.assign(document.createElement("img"), {src: this.people.faces[person], alt: "", draggable: false})];
  }

  // Events on the same pixels share one mark.
  #paintEvents(width) {
    const groups = new Map();
    for (const event of this.events) {
      const [from, to] = [event.start_s, event.end_s].map((time) => Math.round((time / this.duration_s) * width));
      const pixels = `${from} ${to} ${event.excluded}`;
      groups.set(pixels, {event, from, to, labels: [...(groups.get(pixels)?.labels ?? []), event.label]});
    }
    const marks = [...groups.values()].slice(0, MAX_EVENTS).map(({event, from, to, labels}) => {
      const mark = document.createElement("span");
      mark.className = event.excluded ? "mark excluded" : "mark";
      mark.title = labels.slice(0, 5).join(", ");
      mark.style.left = `${from}px`;
      mark.style.width = `${Math.max(to - from, 2)}px`;
      return mark;
    });
    this.marks.replaceChildren(...marks);
    this.#paintFlags([...groups.values()].slice(0, MAX_EVENTS), width);
  }

  // The names of events below the lanes, in up to three rows without overlaps; an event without room has only its mark.
  #paintFlags(groups, width) {
    const ends = [];
    const flags = [];
    for (const {from, labels, event} of groups.sort((a, b) => a.from - b.from)) {
      const text = labels.length > 1 ? `${labels[0]} +${labels.length - 1}` : labels[0];
      const px = Math.min(FLAG_EDGE_PX + FLAG_LETTER_PX * text.length, MAX_FLAG_PX);
      const left = Math.max(Math.min(from, width - px), 0);
      const row = [0, 1, 2].find((number) => (ends[number] ?? -Infinity) <= left);
      if (row === undefined) continue;
      ends[row] = left + px;
      const flag = Object.assign(document.createElement("span"), {textContent: text, title: labels.join(", ")});
      flag.className = event.excluded ? "excluded" : "";
      Object.assign(flag.style, {left: `${left}px`, top: `${row * FLAG_ROW_PX}px`, maxWidth: `${px}px`});
      flags.push(flag);
    }
    this.flags.style.height = `${ends.length * FLAG_ROW_PX}px`;
    this.flags.replaceChildren(...flags);
  }
}

// The items of the legend: each expression's colour, then "unclear" and "not seen" if they occur.
export function legendOf(labels, colours, withUnclear, withUnseen) {
  const items = labels.map((label) => legendItem(label, colours[label][0], "", "", colours[label]));
  if (withUnclear) items.push(legendItem("unclear", colours.unclear[0], "unclear", "no expression is probable enough"));
  if (withUnseen) items.push(legendItem("not seen", "", "unseen", "no face was found"));
  return items;
}

function legendItem(text, colour, className = "", meaning = "", [, ink, letters] = []) {
  const item = document.createElement("li");
  const swatch = document.createElement("i");
  swatch.style.backgroundColor = colour;
  swatch.className = className;
  if (letters) {
    swatch.dataset.letters = letters;
    swatch.style.color = ink;
  }
  item.append(swatch, meaning ? `${text}: ${meaning}` : text);
  return item;
}

export function hasUnclear(timeline) {
  return timeline.leading.includes(UNCLEAR);
}
