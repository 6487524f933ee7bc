// The live board: each person's current values, and a lane with their last 30 seconds. Elements are updated in place;
// only lanes are repainted, each as one bitmap.

import {UNCLEAR} from "./timeline.js";
import {RIBBON, SPACE, STACK, paintLane, pixelOf, writeLetters} from "./lanes.js";

const SCALE = 2;
// Shortest time between two announcements for screen readers.
const ANNOUNCE_INTERVAL_MS = 5000;

class Board {
  constructor(root) {
    this.root = root;
    this.persons = new Map();
    this.announced = {time: 0, text: ""};
    this.kinds = new Set();
  }

  update(data) {
    this.colours = data.colours;
    this.updateNotices(data.notices);
    const empty = this.root.querySelector(".empty");
    empty.hidden = data.people.length > 0;
    setText(empty, data.empty);
    this.updateLegend(data.labels);
    this.updatePeople(data);
    this.updateFigures(this.root.querySelector(".load"), data.load);
    this.announce(data.people);
  }

  updateNotices(texts) {
    const list = this.root.querySelector(".notices");
    while (list.childElementCount > texts.length) list.lastElementChild.remove();
    while (list.childElementCount < texts.length) list.append(document.createElement("li"));
    for (const [index, text] of texts.entries()) setText(list.children[index], text);
    this.announceNotices(texts);
  }

  // Screen readers announce each notice when it appears, not when a count or a detail in it changes.
  announceNotices(texts) {
    const kinds = texts.map((text) => text.replace(/:.*|\d+/g, ""));
    const news = texts.filter((_, index) => !this.kinds.has(kinds[index]));
    this.kinds = new Set(kinds);
    if (news.length) this.root.querySelector(".news").textContent = news.join(" ");
  }

  updateLegend(labels) {
    const list = this.root.querySelector(".legend");
    list.hidden = !this.persons.size;
    if (list.childElementCount) return;
    for (const label of labels) {
      const item = document.createElement("li");
      const swatch = document.createElement("i");
      swatch.style.background = this.colours[label][0];
      item.append(swatch, label);
      list.append(item);
    }
  }

  updatePeople(data) {
    const current = new Set(data.people.map((person) => person.id));
    for (const [id, item] of this.persons) {
      if (current.has(id)) continue;
      item.remove();
      this.persons.delete(id);
    }
    const list = this.root.querySelector(".people");
    for (const person of data.people) {
      if (!this.persons.has(person.id)) {
        const item = this.root.querySelector("template").content.firstElementChild.cloneNode(true);
        item.dataset.person = person.id;
        this.fillBars(item, data.labels);
        this.persons.set(person.id, item);
        list.append(item);
      }
      this.updatePerson(this.persons.get(person.id), person, data.labels);
    }
  }

  fillBars(item, labels) {
    for (const label of labels) {
      const bar = document.createElement("li");
      bar.innerHTML = '<span></span><span class="track"><div class="fill"></div></span><span class="figure"></span>';
      bar.firstElementChild.textContent = label;
      bar.querySelector(".fill").style.background = this.colours[label][0];
      item.querySelector(".bars").append(bar);
    }
  }

  updatePerson(item, person, labels) {
    const [colour, ink] = this.colours[person.leading];
    item.style.setProperty("--colour", colour);
    item.style.setProperty("--ink", ink);
    item.classList.toggle("gone", !person.in_view);
    item.dataset.leading = person.leading;
    setText(item.querySelector(".number"), String(person.id));
    setText(item.querySelector(".leading"), person.leading);
    setText(item.querySelector(".share"), person.share);
    for (const [index, bar] of [...item.querySelectorAll(".bars li")].entries()) {
      bar.querySelector(".fill").style.transform = `scaleX(${person.shares[index]})`;
      setText(bar.querySelector(".figure"), person.figures[index]);
    }
    this.updateFigures(item.querySelector(".face"), person.face);
    const canvas = item.querySelector(".lane");
    canvas.setAttribute("aria-label", person.spoken);
    this.paintPerson(canvas, person.lane, labels);
  }

  paintPerson(canvas, packed, labels) {
    const lane = unpack(packed, labels.length);
    const pixels = labels.map((label) => pixelOf(this.colours[label][0]));
    const image = paintLane(lane, labels.length, pixels, pixelOf(this.colours.unclear[0]), SCALE);
    if (canvas.width !== image.width || canvas.height !== image.height) {
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.style.height = `${RIBBON + SPACE + STACK}px`;
    }
    const context = canvas.getContext("2d");
    context.putImageData(image, 0, 0);
    writeLetters(context, lane, labels.map((label) => this.colours[label]), SCALE);
  }

  // Shows `figures` ([name, value] each) in a list; figures that are no longer given are removed.
  updateFigures(list, figures) {
    const names = new Set(figures.map(([name]) => name));
    for (const item of [...list.children]) if (!names.has(item.dataset.figure)) item.remove();
    for (const [index, [name, value]] of figures.entries()) {
      let item = list.querySelector(`[data-figure="${name}"]`);
      if (!item) {
        item = document.createElement("div");
        item.dataset.figure = name;
        item.append(document.createElement("dt"), document.createElement("dd"));
        item.firstElementChild.textContent = name;
      }
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
      setText(item.lastElementChild, value);
    }
  }

  // Screen readers announce changes at intervals, not every single one.
  announce(people) {
    const text = people
      .filter((person) => person.in_view)
      .map((person) => `Person ${person.id}: ${person.leading}`)
      .join(". ");
    const now = performance.now();
    if (text === this.announced.text || now - this.announced.time < ANNOUNCE_INTERVAL_MS) return;
    this.announced = {time: now, text};
    this.root.querySelector(".faces").textContent = text;
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A lane is one base64 string: first a byte per column, its leading answer (UNSEEN if the person was not seen), then a
// byte per column and share.
const UNSEEN = 254;

function unpack(packed, labels) {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const columns = bytes.length / (labels + 1);
  const leading = bytes.slice(0, columns);
  const shares = new Float32Array(columns * labels);
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let label = 0; label < labels; label++) sum += bytes[columns + column * labels + label];
    for (let label = 0; label < labels; label++) {
      shares[column * labels + label] = bytes[columns + column * labels + label] / (sum || 1);
    }
  }
  return {
    leading: leading.map((answer) => (answer < labels ? answer : UNCLEAR)),
    seen: leading.map((answer) => answer !== UNSEEN),
    shares,
  };
}

const boards = new WeakMap();

export default function show({parentElement, data}) {
  const root = parentElement.querySelector(".board");
  const board = boards.get(root) ?? new Board(root);
  boards.set(root, board);
  board.update(data);
}
