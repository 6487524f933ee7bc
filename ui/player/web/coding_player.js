// The player for coding: a video without any answer of the model, and the coder's own spans.

import {clockText} from "./axis.js";
import {CodingBoard} from "./coding_board.js";
import {holds, isPoint, mergeSpans, without, withSpan} from "./coding_spans.js";
import {PlayerControls} from "./controls.js";
import {PLAYBACK_KEYS, takeKey} from "./keys.js";
import {Playback} from "./playback.js";
import {Timeline} from "./timeline.js";

const MOST_UNDONE = 200;
// While the video plays, codes are sent at most this often, because each time the page runs again.
const SEND_MS = 5000;
const CODING_KEYS = {
  ...PLAYBACK_KEYS,
  z: ["undo"],
  Backspace: ["undo"],
  Delete: ["remove"],
  ",": ["selectNext", -1],
  ".": ["selectNext", 1],
};

export class CodingPlayer extends PlayerControls {
  constructor(root, send) {
    super(root, send);
    Object.assign(this, {spans: [], open: [], selected: null, undone: [], sent: 0, lists: new Map()});
    this.board = new CodingBoard(root.querySelector(".board"), {
      seek: (time_s) => this.playback?.seekToFrameAt(time_s),
      select: (span) => this.#select(span),
    });
    this.listen(root, "keydown", (event) => this.#key(event));
    this.listen(root, "click", (event) => this.#press(event));
    this.listen(root, "focusout", (event) => root.contains(event.relatedTarget) || this.#sendSpans());
    this.listen(document, "pointerdown", (event) => event.composedPath().includes(root) || this.#sendSpans());
    this.listen(document, "visibilitychange", () => this.#sendSpans());
    this.listen(window, "pagehide", () => this.#sendSpans());
    this.listen(this.video, "loadedmetadata", () => this.#fitStage());
  }

  close() {
    clearTimeout(this.sending);
    this.board.close();
    super.close();
  }

  // Applies the page's current data.
  async update(data) {
    const before = this.data;
    this.data = data;
    this.keys = {...CODING_KEYS, ...Object.fromEntries(data.codes.map((code, place) => [code.key, ["press", place]]))};
    if (data.frames !== before.frames || data.video !== before.video) {
      this.#take(data.spans);
      await this.#open(data);
    } else if (data.generation !== before.generation) this.#merge(data);
    this.#show();
  }

  #take(spans) {
    this.spans = spans;
    this.known = spans;
    this.undone = [];
  }

  // Another tab of this coder has stored something: its changes and those of this one are both kept.
  #merge(data) {
    const heard = data.heard.session === this.sessionId ? this.lists.get(data.heard.count) : null;
    const mine = this.spans;
    this.#take(mergeSpans(heard ?? this.known, mine, data.spans));
    this.known = data.spans;
    if (this.spans.length !== data.spans.length || !this.spans.every((span) => holds(data.spans, span))) this.#changed();
  }

  async #open(data) {
    const answer = await fetch(data.frames);
    if (!answer.ok) return this.showStatus("The times of the frames could not be loaded. Reload the page.");
    const timeline = new Timeline(await answer.arrayBuffer());
    if (data.frames !== this.data.frames || data.video !== this.data.video) return undefined;
    this.playback?.close();
    this.timeline = timeline;
    this.playback = new Playback(this.video, timeline, {
      onFrame: () => this.#readOut(),
      onSeek: () => this.#readOut(),
      onIdle: () => this.#sendSpans(),
      onChange: () => this.showPlayback(),
    });
    if (this.video.getAttribute("src") !== data.video) this.video.src = data.video;
    this.#fitStage();
    this.playback.seekToFrameAt(data.start_s);
    const busy = document.activeElement;
    if (!busy?.matches("input, textarea, [contenteditable=true]")) this.board.ruler.focus({preventScroll: true});
    return undefined;
  }

  // The time of the frame on the screen, or of the one that it moves to.
  get #now_s() {
    return this.timeline.timeOf(this.timeline.nearestTo(this.playback.moment_s));
  }

  // Actions of keys and buttons, beside those of PlayerControls.

  // Starts or ends a state, or sets a point.
  press(place) {
    const code = this.data.codes[place];
    const time_s = this.#now_s;
    this.#remember();
    if (code.kind === "point") {
      this.spans = withSpan(this.spans, {code: code.name, start_s: time_s, end_s: time_s}, false);
      this.showStatus(`${code.name} at ${clockText(time_s, 2)}`);
    } else if (this.open.some((state) => state.code === code.name)) {
      this.#endStates(time_s, (state) => state.code === code.name);
      this.showStatus(`${code.name} ends at ${clockText(time_s, 2)}`);
    } else {
      if (this.data.exclusive) this.#endStates(time_s, () => true);
      this.open = [...this.open, {code: code.name, start_s: time_s}];
      this.showStatus(`${code.name} starts at ${clockText(time_s, 2)}`);
    }
    this.selected = null;
    this.#changed();
  }

  undo() {
    const last = this.undone.pop();
    if (!last) return this.showStatus("Nothing to undo");
    [this.spans, this.open] = last;
    this.selected = null;
    this.showStatus("Undone");
    return this.#changed();
  }

  remove() {
    const {selected} = this;
    if (!selected) return this.showStatus("Select a span first: click it, or press , or .");
    this.#remember();
    this.spans = without(this.spans, selected);
    this.selected = null;
    this.showStatus(`${selected.code} at ${clockText(selected.start_s, 2)} deleted`);
    return this.#changed();
  }

  // Selects the next span in time, or the one before, and moves the video to its start.
  selectNext(direction) {
    const {spans, selected} = this;
    if (!spans.length) return this.showStatus("Nothing is coded yet");
    const time_s = this.#now_s;
    const at = selected ? spans.findIndex((span) => holds([span], selected)) : -1;
    const first = direction > 0 ? spans.findIndex((span) => span.start_s >= time_s) : spans.findLastIndex((span) => span.start_s <= time_s);
    const next = at >= 0 ? at + direction : first;
    const span = spans[Math.min(Math.max(next, 0), spans.length - 1)];
    this.playback.seekToFrameAt(span.start_s);
    return this.#select(span);
  }

  #select(span) {
    this.selected = span;
    const times = isPoint(span) ? [span.start_s] : [span.start_s, span.end_s];
    this.showStatus(`${span.code}, ${times.map((time_s) => clockText(time_s, 2)).join(" to ")}`);
    this.board.ruler.focus({preventScroll: true});
    this.#show();
  }

  // A state that ends on the frame on which it started lasted for no time.
  #endStates(time_s, which) {
    for (const {code, start_s} of this.open.filter(which)) {
      const [from, to] = [start_s, time_s].sort((a, b) => a - b);
      if (to > from) this.spans = withSpan(this.spans, {code, start_s: from, end_s: to}, this.data.exclusive);
    }
    this.open = this.open.filter((state) => !which(state));
  }

  #remember() {
    this.undone = [...this.undone.slice(1 - MOST_UNDONE), [this.spans, this.open]];
  }

  #changed() {
    this.unsent = true;
    this.#show();
    if (!this.playback?.playing) this.#sendSpans();
    else this.sending ??= setTimeout(() => this.#sendSpans(), SEND_MS);
  }

  // Sends everything this coder coded in the video, so that nothing is lost between two runs.
  #sendSpans() {
    clearTimeout(this.sending);
    this.sending = undefined;
    if (!this.unsent) return;
    this.unsent = false;
    this.sent += 1;
    this.lists.set(this.sent, this.spans);
    for (const count of this.lists.keys()) {
      if (this.data.heard.session === this.sessionId && count < this.data.heard.count) this.lists.delete(count);
    }
    this.send("coded", {session: this.sessionId, count: this.sent, spans: this.spans, open: this.open});
  }

  #key(event) {
    if (!this.playback) return;
    const isCode = this.data.codes.some((code) => code.key === event.key.toLowerCase());
    // A key that is held down would start and end its state again and again.
    if (event.repeat && (isCode || event.key === " ")) event.preventDefault();
    else takeKey(event, this, this.keys);
  }

  #press(event) {
    // After a click with the mouse, the space bar plays again instead of pressing the same button.
    if (this.handleClick(event) && event.detail) this.board.ruler.focus({preventScroll: true});
  }

  #fitStage() {
    this.setShape(this.video.videoWidth || 16, this.video.videoHeight || 9);
  }

  #show() {
    if (!this.playback) return;
    const {spans, open, selected} = this;
    this.board.setCodes(this.data.codes, spans);
    this.board.show({spans, open, selected, time_s: this.#now_s, duration_s: this.playback.duration_s});
    this.root.querySelector("[data-action=undo]").disabled = !this.undone.length;
    this.root.querySelector("[data-action=remove]").disabled = !selected;
    this.showPlayback();
    this.#readOut();
  }

  showPlayback() {
    super.showPlayback();
    if (this.playback && this.video.ended && this.open.length) this.#endAtTheEnd();
  }

  #endAtTheEnd() {
    this.#remember();
    this.#endStates(this.timeline.head.end_s, () => true);
    this.showStatus("The video is over: open states end here");
    this.#changed();
  }

  #readOut() {
    if (!this.playback) return;
    const time_s = this.#now_s;
    const number = `frame ${this.timeline.nearestTo(time_s).toLocaleString("en")}`;
    this.showTime(time_s, number);
    const states = this.open.map((state) => `${state.code} is open`).join(", ");
    this.board.move(time_s, `${clockText(time_s, 2)}, ${number}. ${states}`);
  }
}
