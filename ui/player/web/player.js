// The player: puts video, overlay, chart and controls together.

import {Timeline} from "./timeline.js";
import {People} from "./people.js";
import {Playback, SilentClock} from "./playback.js";
import {Overlay} from "./overlay.js";
import {clockText} from "./axis.js";
import {Chart, hasUnclear, legendOf} from "./chart.js";
import {takeKey} from "./keys.js";
import {Naming} from "./naming.js";
import {explain, LaneChoice, Signals} from "./signals.js";

const MOST_NAMED = 4;
const MOST_SIGNALS = 3;

export class Player {
  // `say(name, value)` sends a value to the page.
  constructor(root, say) {
    this.root = root;
    this.say = say;
    this.sessionId = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;
    this.marked = [];
    this.taken = new Set();
    this.rests = 0;
    this.data = {};
    const find = (name) => root.querySelector(name);
    [this.stage, this.video, this.status, this.now] = [".stage", "video", ".status", ".now"].map(find);
    this.overlay = new Overlay(find(".overlay"));
    this.chart = new Chart(find(".chart"), (time_s) => this.playback?.seekToFrameAt(time_s));
    this.choice = new LaneChoice(find(".choice"), MOST_SIGNALS, (keys) => this.#chooseLanes(keys));
    this.closed = new AbortController();
    this.naming = new Naming(find(".naming"), this.closed.signal, {
      named: (label) => this.#nameLast(label),
      done: () => this.chart.element.focus({preventScroll: true}),
    });
    this.#listen(root, "keydown", (event) => this.playback && takeKey(event, this));
    this.#listen(root, "change", (event) => {
      if (event.target.name === "lane") this.choice.take();
      else this.#changeLayers();
    });
    this.#listen(root, "click", (event) => this.#press(event));
    this.#listen(this.video, "error", () => this.#tell("This browser cannot play the video."));
    this.#listen(this.video, "loadedmetadata", () => this.#fitStage());
    this.watcher = new ResizeObserver(() => this.#draw());
    this.watcher.observe(this.stage);
  }

  close() {
    this.closed.abort();
    this.watcher.disconnect();
    this.chart.close();
    this.playback?.close();
    this.video.removeAttribute("src");
    this.video.load();
  }

  // Applies the page's current data.
  async update(data) {
    const before = this.data;
    this.data = data;
    this.people = new People(data.people, data.faces);
    this.taken = new Set(data.taken);
    if (data.timeline !== before.timeline || data.video !== before.video) {
      await this.#open(data);
    } else if (this.playback && data.stand.move !== before.stand.move) {
      this.playback.seekTo(data.stand.time_s);
    }
    if (data.captions !== before.captions) this.#setCaptions(data.captions);
    this.lanes ??= data.chosen;
    this.choice.offer(data.lanes, this.lanes);
    if (data.signals !== before.signals) await this.#loadSignals(data.signals);
    this.#showAll();
  }

  // Signals are computed and sent once a lane is chosen.
  async #loadSignals(address) {
    this.signals = null;
    if (!address) return undefined;
    const answer = await fetch(address);
    if (!answer.ok) return this.#tell("The lanes could not be loaded. Reload the page.");
    const signals = new Signals(await answer.arrayBuffer());
    if (address === this.data.signals) this.signals = signals;
    return undefined;
  }

  #chooseLanes(keys) {
    this.lanes = keys;
    this.say("lanes", keys);
    if (this.signals) this.#showAll();
    else if (keys.length) this.#tell("Preparing the lanes …");
  }

  async #open(data) {
    const answer = await fetch(data.timeline);
    if (!answer.ok) return this.#tell("The timeline could not be loaded. Reload the page.");
    const timeline = new Timeline(await answer.arrayBuffer());
    if (data.timeline !== this.data.timeline || data.video !== this.data.video) return undefined;
    this.playback?.close();
    this.timeline = timeline;
    this.root.classList.toggle("silent", !data.video);
    this.playback = new Playback(data.video ? this.video : new SilentClock(timeline.head.duration_s), timeline, {
      shown: () => this.#draw(),
      headed: () => this.#readOut(),
      // Includes the last move it followed, so that the page can ignore older reports.
      rested: (time_s) => this.say("rest", {count: ++this.rests, move: this.data.stand.move, time_s}),
      changed: () => this.#showPlayback(),
    });
    if (data.video && this.video.getAttribute("src") !== data.video) this.video.src = data.video;
    this.#fitStage();
    this.#offerMesh();
    this.playback.seekTo(this.data.stand.time_s ?? 0);
    return undefined;
  }

  // Actions of keys and buttons.

  toggle() {
    this.playback.toggle();
  }

  step(count) {
    this.playback.step(count);
  }

  stepToEnd(direction) {
    this.playback.step(direction * this.timeline.frames);
  }

  skip(seconds) {
    this.playback.skip(seconds);
  }

  changeSpeed(steps) {
    this.playback.changeSpeed(steps);
  }

  mute() {
    this.video.muted = !this.video.muted;
    this.#showPlayback();
  }

  markMoment() {
    const time_s = this.playback.moment_s;
    this.#mark(time_s, time_s);
    this.#tell(`Moment marked at ${clockText(time_s, 1)}`);
  }

  startSpan() {
    this.span_s = this.playback.moment_s;
    this.#tell(`Span starts at ${clockText(this.span_s, 1)}. Mark its end with ]`);
  }

  endSpan() {
    if (this.span_s === undefined) return this.#tell("Mark the start of a span with [ first");
    const ends = [this.span_s, this.playback.moment_s].sort((a, b) => a - b);
    this.span_s = undefined;
    this.#mark(...ends);
    return this.#tell(`Span marked from ${clockText(ends[0], 1)} to ${clockText(ends[1], 1)}`);
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }

  // Sends everything marked since the player was opened, so that nothing is lost between two runs.
  #mark(start_s, end_s) {
    const event = {id: `${this.sessionId}-${this.marked.length + 1}`, start_s, end_s, label: ""};
    this.marked = [...this.marked, event];
    this.say("events", this.marked);
    this.#showAll();
    this.naming.ask();
  }

  #nameLast(label) {
    this.marked = [...this.marked.slice(0, -1), {...this.marked.at(-1), label}];
    this.say("events", this.marked);
    this.#showAll();
  }

  #press(event) {
    const button = event.target.closest("button[data-does]");
    if (button && this.playback) this[button.dataset.does](...(button.dataset.by ? [Number(button.dataset.by)] : []));
    else if (event.target.closest(".stage") && this.playback) this.toggle();
  }

  get #layers() {
    const switches = [...this.root.querySelectorAll("input[type=checkbox]")];
    return Object.fromEntries(switches.map((box) => [box.name, box.checked && !box.disabled]));
  }

  #changeLayers() {
    const layers = this.#layers;
    this.root.classList.toggle("bare", layers.bare);
    for (const track of this.video.textTracks) track.mode = layers.captions ? "showing" : "hidden";
    this.#draw();
  }

  // Timelines do not contain mesh points; the page may provide them.
  #offerMesh() {
    const given = this.timeline.head.points > 0;
    this.root.querySelector("input[name=mesh]").disabled = !given;
    this.root.querySelector(".why").hidden = given;
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
    this.stage.style.setProperty("--shape", `${width} / ${height}`);
    this.stage.style.setProperty("--ratio", width / height);
    if (this.timeline) this.#showChart();
  }

  #showAll() {
    if (!this.playback) return;
    this.#showChart();
    this.#showPlayback();
    const {timeline, people} = this;
    const items = legendOf(timeline.labels, this.data.colours, hasUnclear(timeline), people.areMissing(timeline));
    this.root.querySelector(".legend").replaceChildren(...items);
    this.#draw();
  }

  #showChart() {
    const waiting = this.marked.filter((event) => !this.taken.has(event.id));
    const events = [...this.data.events, ...waiting.map((event) => ({...event, label: event.label || "new", excluded: false}))];
    this.chart.show(
      this.timeline, this.people, this.data.colours, events, this.playback.duration_s, this.signals, this.lanes,
    );
    explain(this.root.querySelector(".how dl"), this.signals?.chosen(this.lanes) ?? []);
  }

  #showPlayback() {
    const {playing, speed} = this.playback;
    const button = this.root.querySelector("[data-does=toggle]");
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    button.classList.toggle("on", playing);
    this.root.querySelector(".speed").textContent = `${speed}×`;
    const sound = this.root.querySelector("[data-does=mute]");
    sound.setAttribute("aria-pressed", String(this.video.muted));
  }

  #draw() {
    if (!this.playback || !this.people) return;
    const frame = this.timeline.frameAt(this.playback.picture_s);
    this.overlay.draw(this.timeline, this.people, frame, this.#layers, this.data.colours);
    this.#readOut();
  }

  #readOut() {
    const time_s = this.playback.moment_s;
    const frame = this.timeline.frameAt(time_s);
    this.root.querySelector(".time").textContent = clockText(time_s, 2);
    this.root.querySelector(".total").textContent = clockText(this.playback.duration_s, 0);
    const number = frame < 0 ? "not analysed" : `frame ${this.timeline.indices[frame].toLocaleString("en")}`;
    this.root.querySelector(".frame").textContent = number;
    this.now.textContent = this.#answers(frame);
    this.chart.move(time_s, `${clockText(time_s, 2)}, ${number}. ${this.now.textContent}`);
  }

  #answers(frame) {
    if (frame < 0) return "";
    const faces = this.people.facesOf(this.timeline, frame);
    const texts = faces.slice(0, MOST_NAMED).map(({face, person}) => {
      const [label, share] = this.timeline.topOf(face, 1)[0];
      const value = `${label} ${Math.round(100 * share)}%`;
      const answer = this.timeline.answerOf(face);
      const more = this.signals?.textAt(this.lanes, person, this.playback.moment_s);
      const text = answer === label ? value : `${answer} (${value})`;
      return `${this.people.name(person)}: ${text}${more ? `; ${more}` : ""}`;
    });
    if (faces.length > MOST_NAMED) texts.push(`and ${faces.length - MOST_NAMED} more`);
    return texts.join(" · ") || "No face";
  }

  #tell(text) {
    this.status.textContent = text;
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.status.replaceChildren(), 4000);
  }

  #listen(target, name, does) {
    target.addEventListener(name, does, {signal: this.closed.signal});
  }
}
