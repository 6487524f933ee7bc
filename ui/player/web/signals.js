// Lanes of eyes, gaze, head and movements below each person's expressions; reads the format of ui/player/signals.py.

// The colours of emotion/charts/behaviour.py; dashes tell lines apart without colour.
const LINE_COLOURS = ["#7c6cf0", "#c26a12", "#2e9e8f"];
const LINE_DASHES = [[], [5, 3], [1, 2]];
const SIGNAL_PX = 42;
// A screen has no room for more marks in one lane.
const MAX_MARKS = 300;
// Least distance between the names of two marks, px.
const MIN_NAME_GAP_PX = 46;
const UNKNOWN_STEP = 255;

export class Signals {
  constructor(buffer) {
    const start = 4 + new DataView(buffer).getUint32(0, true);
    this.head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, start - 4)));
    this.arrays = {};
    for (const [name, {type, offset, length}] of Object.entries(this.head.arrays)) {
      const ArrayType = type === "<u4" ? Uint32Array : Uint8Array;
      this.arrays[name] = new ArrayType(buffer, start + offset, length);
    }
    this.indices = new Map(this.head.people.map((person, index) => [person, index]));
  }

  // The chosen signals, in the order of the packed ones.
  chosen(keys) {
    return this.head.signals.filter((signal) => keys.includes(signal.key));
  }

  timeOf(row) {
    return this.arrays.ticks[row] * this.head.units.tick_s;
  }

  rowsOf(person) {
    const index = this.indices.get(person);
    return index === undefined ? [0, 0] : [this.arrays.first[index], this.arrays.first[index + 1]];
  }

  valueOf(signal, line, row) {
    const step = this.arrays[line.column][row];
    if (step === UNKNOWN_STEP) return null;
    return signal.low + ((signal.high - signal.low) * step) / this.head.units.steps;
  }

  // The smallest and largest step of a line per column of pixels; `low` is 255 where no value is known.
  columnsOf(person, line, columns, duration_s) {
    const low = new Uint8Array(columns).fill(UNKNOWN_STEP);
    const high = new Uint8Array(columns);
    const steps = this.arrays[line.column];
    const [first, after] = this.rowsOf(person);
    const step_s = this.stepOf(first, after);
    for (let row = first; row < after; row++) {
      if (steps[row] === UNKNOWN_STEP) continue;
      const begin = Math.floor((this.timeOf(row) / duration_s) * columns);
      // A row counts until the next one, but for at most two usual steps.
      const end_s = Math.min(row + 1 < after ? this.timeOf(row + 1) : Infinity, this.timeOf(row) + 2 * step_s);
      const end = Math.max(begin, Math.ceil((end_s / duration_s) * columns) - 1);
      for (let column = Math.max(begin, 0); column <= Math.min(end, columns - 1); column++) {
        low[column] = Math.min(low[column], steps[row]);
        high[column] = Math.max(high[column], steps[row]);
      }
    }
    return {low, high};
  }

  // The usual time between two rows: the median of a sample.
  stepOf(first, after) {
    const steps = [];
    const stride = Math.max(Math.floor((after - first) / 200), 1);
    for (let row = first; row + 1 < after; row += stride) steps.push(this.timeOf(row + 1) - this.timeOf(row));
    return steps.sort((a, b) => a - b)[steps.length >> 1] ?? 1;
  }

  hasValues(signal, person) {
    const [first, after] = this.rowsOf(person);
    const isKnown = (step) => step !== UNKNOWN_STEP;
    return signal.lines.some((line) => this.arrays[line.column].subarray(first, after).some(isKnown));
  }

  marksOf(signal, person) {
    return signal.marks.filter((mark) => mark[0] === person);
  }

  // A person's values at a time as text; empty if they are unknown.
  textAt(keys, person, time_s) {
    const [first, after] = this.rowsOf(person);
    let [low, high] = [first, after];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.timeOf(middle) <= time_s + 0.001) low = middle + 1;
      else high = middle;
    }
    const row = low - 1;
    if (row < first || time_s - this.timeOf(row) > 2 * this.stepOf(first, after)) return "";
    const texts = this.chosen(keys).map((signal) => {
      const values = signal.lines.map((line) => [line.name.toLowerCase(), this.valueOf(signal, line, row)]);
      const known = values.filter(([, value]) => value !== null);
      const text = known.map(([name, value]) => `${known.length > 1 ? `${name} ` : ""}${digitsOf(signal, value)}`);
      return known.length ? `${signal.title.toLowerCase()} ${text.join(", ")}` : "";
    });
    return texts.filter(Boolean).join("; ");
  }
}

function digitsOf(signal, value) {
  const range = signal.high - signal.low;
  const text = value.toFixed(range > 20 ? 0 : 2).replace(/^-0$/, "0").replace("-", "−");
  return range > 20 ? `${text}°` : text;
}

// One lane: a title with axis and counts, the lines, and the marks over them.
export function signalLane(signals, signal, person, width, scale, duration_s) {
  const part = document.createElement("div");
  part.className = "signal";
  const field = document.createElement("div");
  field.className = "field";
  field.append(paintSignal(signals, signal, person, width, scale, duration_s));
  field.append(...markElements(signals.marksOf(signal, person), width, duration_s));
  part.append(signalTitle(signals, signal, person), field);
  return part;
}

function signalTitle(signals, signal, person) {
  const title = document.createElement("p");
  const name = document.createElement("b");
  name.textContent = signal.title;
  title.append(name);
  if (signal.lines.length > 1) {
    for (const [index, line] of signal.lines.entries()) title.append(lineKey(line.name, index));
  }
  const axis = document.createElement("span");
  const low = String(signal.low).replace("-", "−");
  axis.textContent = `${low} to ${signal.high}${signal.unit.startsWith("°") ? "" : " "}${signal.unit}`;
  title.append(axis);
  if (!signals.hasValues(signal, person)) {
    const reason = document.createElement("span");
    reason.textContent = signal.unknown;
    title.append(reason);
  }
  const counts = new Map();
  for (const [, kind] of signals.marksOf(signal, person)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (counts.size) {
    const count = document.createElement("span");
    count.textContent = Array.from(counts, ([kind, times]) => `${kind}: ${times}`).join(", ");
    title.append(count);
  }
  return title;
}

function lineKey(name, index) {
  const item = document.createElement("span");
  const swatch = document.createElement("i");
  swatch.style.borderTop = `2px ${["solid", "dashed", "dotted"][index]} ${LINE_COLOURS[index]}`;
  item.append(swatch, name);
  return item;
}

function paintSignal(signals, signal, person, width, scale, duration_s) {
  const canvas = document.createElement("canvas");
  const [columns, height] = [Math.max(Math.round(width), 1), SIGNAL_PX];
  Object.assign(canvas, {width: columns * scale, height: height * scale});
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const yOf = (step) => 2 + (1 - step / signals.head.units.steps) * (height - 4);
  if (signal.limit !== null) {
    const y = yOf(((signal.limit - signal.low) / (signal.high - signal.low)) * signals.head.units.steps);
    stroke(pen, "#8c939c", [4, 3], [[0, y], [columns, y]]);
  }
  for (const [index, line] of signal.lines.entries()) {
    const {low, high} = signals.columnsOf(person, line, columns, duration_s);
    paintLine(pen, low, high, yOf, LINE_COLOURS[index], LINE_DASHES[index]);
  }
  return canvas;
}

// Draws a line, and a bar from the smallest to the largest value where a column has several.
function paintLine(pen, low, high, yOf, colour, dashes) {
  let run = [];
  for (let column = 0; column <= low.length; column++) {
    if (column < low.length && low[column] !== UNKNOWN_STEP) {
      run.push([column + 0.5, yOf((low[column] + high[column]) / 2)]);
      if (high[column] - low[column] > 4) {
        pen.globalAlpha = 0.45;
        stroke(pen, colour, [], [[column + 0.5, yOf(low[column])], [column + 0.5, yOf(high[column])]]);
        pen.globalAlpha = 1;
      }
    } else if (run.length) {
      stroke(pen, colour, dashes, run.length > 1 ? run : [run[0], [run[0][0] + 1, run[0][1]]]);
      run = [];
    }
  }
}

function stroke(pen, colour, dashes, points) {
  pen.beginPath();
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  pen.setLineDash(dashes);
  for (const [index, [x, y]] of points.entries()) index ? pen.lineTo(x, y) : pen.moveTo(x, y);
  pen.stroke();
}

function markElements(marks, width, duration_s) {
  let free_px = 0;
  return marks.slice(0, MAX_MARKS).map(([, kind, start_s, end_s]) => {
    const mark = document.createElement("span");
    const left_px = (start_s / duration_s) * width;
    mark.className = "happened";
    mark.title = `${kind}, ${start_s.toFixed(2)} to ${end_s.toFixed(2)} s`;
    mark.style.left = `${(100 * start_s) / duration_s}%`;
    mark.style.width = `max(${(100 * (end_s - start_s)) / duration_s}%, 2px)`;
    if (left_px >= free_px && left_px < width - MIN_NAME_GAP_PX) {
      mark.textContent = kind;
      free_px = left_px + MIN_NAME_GAP_PX;
    }
    return mark;
  });
}

// The choice of lanes: a checkbox per signal, and a menu of movements. `onChange(keys)` gets the chosen ones.
export class LaneChoice {
  constructor(element, max, onChange) {
    [this.element, this.max, this.onChange] = [element, max, onChange];
    this.offered = "";
  }

  get keys() {
    return [...this.element.querySelectorAll("input:checked")].map((box) => box.value);
  }

  // Shows a checkbox per lane; new ones are checked if they are in `keys`.
  offer(lanes, keys) {
    const text = JSON.stringify(lanes);
    if (text !== this.offered) {
      this.offered = text;
      const boxes = lanes.map((lane) => [lane, this.#box(lane, keys.includes(lane.key))]);
      this.element.querySelector(".plain").replaceChildren(...boxes.filter(([lane]) => !lane.movement).map(([, box]) => box));
      const moves = boxes.filter(([lane]) => lane.movement).map(([, box]) => box);
      this.element.querySelector(".moves").replaceChildren(...moves);
      this.element.querySelector("details").hidden = !moves.length;
      this.element.hidden = !lanes.length;
    }
    this.#limit();
  }

  take() {
    this.#limit();
    this.onChange(this.keys);
  }

  #box(lane, checked) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, {type: "checkbox", name: "lane", value: lane.key, checked});
    label.append(box, lane.title);
    return label;
  }

  // More lanes would push the video off the screen.
  #limit() {
    const full = this.keys.length >= this.max;
    for (const box of this.element.querySelectorAll("input")) box.disabled = full && !box.checked;
    this.element.querySelector(".most").hidden = !full;
    const count = this.element.querySelectorAll(".moves input:checked").length;
    this.element.querySelector("summary").textContent = count ? `Movements (${count})` : "Movements";
  }
}

// Lists how to read each chosen lane.
export function explain(list, signals) {
  list.replaceChildren(
    ...signals.flatMap((signal) => {
      const [term, text] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = signal.title;
      text.textContent = signal.meaning;
      return [term, text];
    }),
  );
}
