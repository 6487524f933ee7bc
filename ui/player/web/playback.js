// One place that knows where the video stands, where it is going, and which analysed frame that is.

// A little into a frame, so that rounding never shows the one before it.
const INTO_FRAME_S = 0.002;
const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const REST_MS = 350;

// Runs like a video where there is only a timeline.
export class SilentClock extends EventTarget {
  constructor(duration_s) {
    super();
    Object.assign(this, {duration: duration_s, playbackRate: 1, paused: true, seeking: false, readyState: 4});
    this.from_s = 0;
    this.since_ms = 0;
  }

  get ended() {
    return this.currentTime >= this.duration;
  }

  get currentTime() {
    const played_s = this.paused ? 0 : ((performance.now() - this.since_ms) / 1000) * this.playbackRate;
    return Math.min(this.from_s + played_s, this.duration);
  }

  set currentTime(time_s) {
    this.from_s = time_s;
    this.since_ms = performance.now();
    this.seeking = true;
    queueMicrotask(() => {
      this.seeking = false;
      this.dispatchEvent(new Event("seeked"));
    });
  }

  setRate(rate) {
    this.from_s = this.currentTime;
    this.since_ms = performance.now();
    this.playbackRate = rate;
  }

  async play() {
    if (this.ended) this.from_s = 0;
    this.since_ms = performance.now();
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    this.from_s = this.currentTime;
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

export class Playback {
  // `shown(time_s)` is called for every picture shown, `headed(time_s)` as soon as one is asked for,
  // `rested(time_s)` when it has stood still for a moment, `changed()` when it plays, stops or changes speed.
  constructor(medium, timeline, {shown, headed, rested, changed}) {
    Object.assign(this, {medium, timeline, shown, headed, rested, changed});
    this.wanted_s = null;
    this.picture_s = 0;
    this.closed = new AbortController();
    const listen = (name, does) => medium.addEventListener(name, does, {signal: this.closed.signal});
    listen("loadedmetadata", () => this.#go());
    listen("loadeddata", () => this.#show(medium.currentTime));
    listen("seeked", () => this.#arrive());
    for (const name of ["play", "ended", "ratechange"]) listen(name, () => this.#turn());
    listen("pause", () => this.#stop());
    this.#watch();
  }

  close() {
    this.closed.abort();
    clearTimeout(this.timer);
    this.medium.pause();
  }

  get time_s() {
    return this.wanted_s ?? this.picture_s;
  }

  // Where it stands or is going, as the time of the analysed frame if that is where it was sent.
  get moment_s() {
    const frame = this.timeline.frameAt(this.time_s);
    const into_s = frame < 0 ? Infinity : this.time_s - this.timeline.timeOf(frame);
    return into_s <= 1.5 * INTO_FRAME_S ? Math.max(this.time_s - into_s, 0) : this.time_s;
  }

  get duration_s() {
    return Number.isFinite(this.medium.duration) ? this.medium.duration : this.timeline.head.duration_s;
  }

  get speed() {
    return this.medium.playbackRate;
  }

  get playing() {
    return !this.medium.paused && !this.medium.ended;
  }

  toggle() {
    if (this.playing) this.medium.pause();
    else this.medium.play().catch(() => this.changed());
  }

  seekTo(time_s) {
    this.wanted_s = Math.min(Math.max(time_s, 0), this.duration_s);
    this.headed(this.wanted_s);
    // One seek at a time: while it is under way, only the last wish counts.
    if (!this.medium.seeking) this.#go();
  }

  seekToFrame(frame) {
    const time_s = this.timeline.timeOf(frame);
    this.seekTo(time_s + Math.min(INTO_FRAME_S, (this.timeline.endOf(frame) - time_s) / 2));
  }

  // To the analysed frame that a place in the chart means.
  seekToFrameAt(time_s) {
    const frame = this.timeline.frameAt(time_s);
    if (frame < 0) this.seekTo(time_s);
    else this.seekToFrame(frame);
  }

  step(count) {
    this.medium.pause();
    const next = this.timeline.nearestTo(this.time_s) + count;
    this.seekToFrame(Math.min(Math.max(next, 0), this.timeline.frames - 1));
  }

  skip(seconds) {
    this.seekTo(this.time_s + seconds);
  }

  changeSpeed(steps) {
    const place = SPEEDS.findIndex((speed) => speed >= this.speed) + steps;
    const rate = SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)];
    if (this.medium.setRate) this.medium.setRate(rate);
    else this.medium.playbackRate = rate;
    this.changed();
  }

  #go() {
    if (this.wanted_s === null || this.medium.readyState < 1) return;
    this.going_s = this.wanted_s;
    this.medium.currentTime = this.wanted_s;
  }

  #arrive() {
    if (this.wanted_s !== null && this.wanted_s !== this.going_s) {
      this.#go();
      return;
    }
    this.wanted_s = null;
    this.#show(this.medium.currentTime);
  }

  #show(time_s) {
    if (this.wanted_s !== null) return;
    this.picture_s = time_s;
    this.shown(time_s);
    this.#rest();
  }

  // A busy machine shows pictures late: the one on the screen is where it stops, not the one that was due.
  #stop() {
    if (this.wanted_s === null && !this.medium.ended) this.seekTo(this.picture_s + INTO_FRAME_S);
    this.#turn();
  }

  #turn() {
    this.changed();
    this.#rest();
  }

  // Told only when all is quiet, so that a page that listens is not run for every picture.
  #rest() {
    clearTimeout(this.timer);
    if (!this.playing && this.wanted_s === null) this.timer = setTimeout(() => this.rested(this.moment_s), REST_MS);
  }

  // Follows the pictures as they are presented where the browser tells, else as often as it draws.
  #watch() {
    if (this.closed.signal.aborted) return;
    if (this.medium.requestVideoFrameCallback) {
      this.medium.requestVideoFrameCallback((_, picture) => {
        if (this.playing) this.#show(picture.mediaTime);
        this.#watch();
      });
    } else {
      requestAnimationFrame(() => {
        if (this.playing) this.#show(this.medium.currentTime);
        if (!this.medium.paused && this.medium.ended && this.medium instanceof SilentClock) this.medium.pause();
        this.#watch();
      });
    }
  }
}
