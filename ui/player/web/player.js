// The player: connects the video, its overlay, the chart and the controls.

import {PlayerControls} from "./controls.js";
import {Timeline} from "./timeline.js";
import {People} from "./people.js";
import {Playback, SilentClock} from "./playback.js";
import {Overlay} from "./overlay.js";
import {clockText} from "./axis.js";
import {Chart, hasUnclear, legendOf} from "./chart.js";
import {takeKey} from "./keys.js";
import {Naming} from "./naming.js";
import {explain, LaneChoice, Signals} from "./signals.js";

const MAX_NAMED = 4;
const MAX_SIGNALS = 3;

export class Player extends PlayerControls {
  constructor(root, send) {
    super(root, send);
    this.marked = [];
    this.received = new Set();
    this.reports = 0;
    const find = (name) => root.querySelector(name);
    this.now = find(".now");
    this.overlay = new Overlay(find(".overlay"));
    this.chart = new Chart(find(".chart"), (time_s) => this.playback?.seekToFrameAt(time_s));
    this.choice = new LaneChoice(find(".choice"), MAX_SIGNALS, (keys) => this.#chooseLanes(keys));
    this.naming = new Naming(find(".naming"), this.closed.signal, {
      onName: (label) => this.#nameLast(label),
      onDone: () => this.chart.element.focus({preventScroll: true}),
    });
    this.listen(root, "keydown", (event) => this.playback && takeKey(event, this));
    this.listen(root, "change", (event) => {
      if (event.target.name === "lane") this.choice.take();
      else this.#changeLayers();
    });
    this.listen(root, "click", (event) => this.handleClick(event));
    this.listen(this.video, "loadedmetadata", () => this.#fitStage());
    this.watcher = new ResizeObserver(() => this.#draw());
    this.watcher.observe(this.stage);
  }

  close() {
    this.watcher.disconnect();
    this.chart.close();
    super.close();
  }

  // Applies the page's current data.
  async update(data) {
    const previous = this.data;
    this.data = data;
    this.people = new People(data.people, data.faces);
    this.received = new Set(data.received);
    if (data.timeline !== previous.timeline || data.video !== previous.video) {
      await this.#open(data);
    } else if (this.playback && data.position.move !== previous.position.move) {
      this.#moveTo(data.position.time_s);
    }
    if (data.captions !== previous.captions) this.#setCaptions(data.captions);
    this.lanes ??= data.chosen;
    this.choice.offer(data.lanes, this.lanes);
    if (data.signals !== previous.signals) await this.#loadSignals(data.signals);
    this.#showAll();
  }

  // Signals are computed and sent once a lane is chosen.
  async #loadSignals(address) {
    this.signals = null;
    if (!address) return undefined;
    const answer = await fetch(address);
    if (!answer.ok) return this.showStatus("The lanes could not be loaded. Reload the page.");
    const signals = new Signals(await answer.arrayBuffer());
    if (address === this.data.signals) this.signals = signals;
    return undefined;
  }

  #chooseLanes(keys) {
    this.lanes = keys;
    this.send("lanes", keys);
    if (this.signals) this.#showAll();
    else if (keys.length) this.showStatus("Preparing the lanes …");
  }

  async #open(data) {
    const answer = await fetch(data.timeline);
    if (!answer.ok) return this.showStatus("The timeline could not be loaded. Reload the page.");
    const timeline = new Timeline(await answer.arrayBuffer());
    if (data.timeline !== this.data.timeline || data.video !== this.data.video) return undefined;
    this.playback?.close();
    this.timeline = timeline;
    this.root.classList.toggle("silent", !data.video);
    this.playback = new Playback(data.video ? this.video : new SilentClock(timeline.head.duration_s), timeline, {
      onFrame: () => this.#draw(),
      onSeek: () => this.#showPosition(),
      onIdle: (time_s) => this.#reportPosition(time_s),
      onChange: () => this.showPlayback(),
    });
    if (data.video && this.video.getAttribute("src") !== data.video) this.video.src = data.video;
    this.#fitStage();
    this.#moveTo(this.data.position.time_s ?? 0);
    return undefined;
  }

  // Moves to a time that the page knows.
  #moveTo(time_s) {
    this.known_s = time_s;
    this.playback.seekTo(time_s);
  }

  // Reports a position that the page does not know yet. A report runs the page; one that arrives while the visitor leaves the
  // page can make Streamlit show an empty one.
  #reportPosition(time_s) {
    if (this.timeline.nearestTo(time_s) === this.timeline.nearestTo(this.known_s)) return;
    this.known_s = time_s;
    // Includes the page's last move, so that the page can ignore reports from before it.
    this.send("position", {count: ++this.reports, move: this.data.position.move, time_s});
  }

  // Actions of keys and buttons, beside those of PlayerControls.

  markMoment() {
    const time_s = this.playback.moment_s;
    this.#mark(time_s, time_s);
    this.showStatus(`Moment marked at ${clockText(time_s, 1)}`);
  }

  startSpan() {
    this.span_s = this.playback.moment_s;
    this.showStatus(`Span starts at ${clockText(this.span_s, 1)}. Mark its end with ]`);
  }

  endSpan() {
    if (this.span_s === undefined) return this.showStatus("Mark the start of a span with [ first");
    const ends = [this.span_s, this.playback.moment_s].sort((a, b) => a - b);
    this.span_s = undefined;
    this.#mark(...ends);
    return this.showStatus(`Span marked from ${clockText(ends[0], 1)} to ${clockText(ends[1], 1)}`);
  }

  // Sends everything marked since the player was opened, so that nothing is lost between two runs.
  #mark(start_s, end_s) {
    const event = {id: `${this.sessionId}-${this.marked.length + 1}`, start_s, end_s, label: ""};
    this.marked = [...this.marked, event];
    this.send("events", this.marked);
    this.#showAll();
    this.naming.ask();
  }

  #nameLast(label) {
    this.marked = [...this.marked.slice(0, -1), {...this.marked.at(-1), label}];
    this.send("events", this.marked);
    this.#showAll();
  }

  get #layers() {
    const switches = [...this.root.querySelectorAll("input[type=checkbox]")];
    return Object.fromEntries(switches.map((box) => [box.name, box.checked]));
  }

  #changeLayers() {
    const layers = this.#layers;
    this.root.classList.toggle("bare", layers.bare);
    for (const track of this.video.textTracks) track.mode = layers.captions ? "showing" : "hidden";
    this.#draw();
  }

  #setCaptions(address) {
    this.video.querySelector("track")?.remove();
    this.root.querySelector("label.captions").hidden = !address;
    if (!address) return;
    const track = document.createElement("track");
    Object.assign(track, {kind: "captions", label: "Captions", src: address});
    this.video.append(track);
    this.#changeLayers();
  }

  #fitStage() {
    const head = this.timeline?.head ?? {};
    const [width, height] = [this.video.videoWidth || head.width || 16, this.video.videoHeight || head.height || 9];
    this.setShape(width, height);
    if (this.timeline) this.#showChart();
  }

  #showAll() {
    if (!this.playback) return;
    this.#showChart();
    this.showPlayback();
    const {timeline, people} = this;
    const items = legendOf(timeline.labels, this.data.colours, hasUnclear(timeline), people.areMissing(timeline));
    this.root.querySelector(".legend").replaceChildren(...items);
    this.#draw();
  }

  #showChart() {
    const pending = this.marked.filter((event) => !this.received.has(event.id));
    const events = [...this.data.events, ...pending.map((event) => ({...event, label: event.label || "new", excluded: false}))];
    this.chart.show(
      this.timeline, this.people, this.data.colours, events, this.playback.duration_s, this.signals, this.lanes,
    );
    explain(this.root.querySelector(".how dl"), this.signals?.chosen(this.lanes) ?? []);
  }

  #draw() {
    if (!this.playback || !this.people) return;
    const frame = this.timeline.frameAt(this.playback.shown_s);
    this.overlay.draw(this.timeline, this.people, frame, this.#layers, this.data.colours);
    this.#showPosition();
  }

  #showPosition() {
    const time_s = this.playback.moment_s;
    const frame = this.timeline.frameAt(time_s);
    const number = frame < 0 ? "not analysed" : `frame ${this.timeline.indices[frame].toLocaleString("en")}`;
    this.showTime(time_s, number);
    this.now.textContent = this.#answers(frame);
    this.chart.move(time_s, `${clockText(time_s, 2)}, ${number}. ${this.now.textContent}`);
  }

  #answers(frame) {
    if (frame < 0) return "";
    const faces = this.people.facesOf(this.timeline, frame);
    const texts = faces.slice(0, MAX_NAMED).map(({face, person}) => {
      const [label, share] = this.timeline.topOf(face, 1)[0];
      const value = `${label} ${Math.round(100 * share)}%`;
      const answer = this.timeline.answerOf(face);
      const signalText = this.signals?.textAt(this.lanes, person, this.playback.moment_s);
      const text = answer === label ? value : `${answer} (${value})`;
      return `${this.people.name(person)}: ${text}${signalText ? `; ${signalText}` : ""}`;
    });
    if (faces.length > MAX_NAMED) texts.push(`and ${faces.length - MAX_NAMED} more`);
    return texts.join(" · ") || "No face";
  }
}
