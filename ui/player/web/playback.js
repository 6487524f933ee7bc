// The position of a video: the frame that is shown, the target of a seek, and the analysed frame at either.

// Seeks end this far into a frame, so that rounding never shows the previous one.
const FRAME_OFFSET_S = 0.002;
const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const IDLE_DELAY_MS = 350;

// Stands in for the video element if there is only a timeline.
export class SilentClock extends EventTarget {
  constructor(duration_s) {
    super();
    Object.assign(this, {duration: duration_s, playbackRate: 1, paused: true, seeking: false, readyState: 4});
    this.start_s = 0;
    this.started_ms = 0;
  }

  get ended() {
    return this.currentTime >= this.duration;
  }

  get currentTime() {
    const played_s = this.paused ? 0 : ((performance.now() - this.started_ms) / 1000) * this.playbackRate;
    return Math.min(this.start_s + played_s, this.duration);
  }

  set currentTime(time_s) {
    this.start_s = time_s;
    this.started_ms = performance.now();
    this.seeking = true;
    queueMicrotask(() => {
      this.seeking = false;
      this.dispatchEvent(new Event("seeked"));
    });
  }

  setRate(rate) {
    this.start_s = this.currentTime;
    this.started_ms = performance.now();
    this.playbackRate = rate;
  }

  async play() {
    if (this.ended) this.start_s = 0;
    this.started_ms = performance.now();
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    this.start_s = this.currentTime;
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

export class Playback {
  // `onFrame(time_s)` is called for every frame shown, `onSeek(time_s)` when a seek is requested, `onIdle(time_s)` once
  // the position has not changed for a moment, and `onChange()` on play, pause, end and changes of speed.
  constructor(medium, timeline, {onFrame, onSeek, onIdle, onChange}) {
    Object.assign(this, {medium, timeline, onFrame, onSeek, onIdle, onChange});
    this.target_s = null;
    this.shown_s = 0;
    this.closed = new AbortController();
    const listen = (name, handler) => medium.addEventListener(name, handler, {signal: this.closed.signal});
    listen("loadedmetadata", () => this.#seek());
    listen("loadeddata", () => this.#showFrame(medium.currentTime));
    listen("seeked", () => this.#finishSeek());
    for (const name of ["play", "ended", "ratechange"]) listen(name, () => this.#notify());
    listen("pause", () => this.#stayAtFrame());
    this.#followFrames();
  }

  close() {
    this.closed.abort();
    clearTimeout(this.timer);
    this.medium.pause();
  }

  get time_s() {
    return this.target_s ?? this.shown_s;
  }

  // The current position or the target of a seek; the exact time of the analysed frame if the seek was to a frame.
  get moment_s() {
    const frame = this.timeline.frameAt(this.time_s);
    const into_s = frame < 0 ? Infinity : this.time_s - this.timeline.timeOf(frame);
    return into_s <= 1.5 * FRAME_OFFSET_S ? Math.max(this.time_s - into_s, 0) : this.time_s;
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
    else this.medium.play().catch(() => this.onChange());
  }

  seekTo(time_s) {
    this.target_s = Math.min(Math.max(time_s, 0), this.duration_s);
    this.onSeek(this.target_s);
    // One seek at a time: until it has ended, only the last target is kept.
    if (!this.medium.seeking) this.#seek();
  }

  seekToFrame(frame) {
    const time_s = this.timeline.timeOf(frame);
    this.seekTo(time_s + Math.min(FRAME_OFFSET_S, (this.timeline.endOf(frame) - time_s) / 2));
  }

  // Seeks to the analysed frame at a time; to the time itself outside of the analysed part.
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
    const index = SPEEDS.findIndex((speed) => speed >= this.speed) + steps;
    const rate = SPEEDS[Math.min(Math.max(index, 0), SPEEDS.length - 1)];
    if (this.medium.setRate) this.medium.setRate(rate);
    else this.medium.playbackRate = rate;
    this.onChange();
  }

  #seek() {
    if (this.target_s === null || this.medium.readyState < 1) return;
    this.seeking_s = this.target_s;
    this.medium.currentTime = this.target_s;
  }

  #finishSeek() {
    if (this.target_s !== null && this.target_s !== this.seeking_s) {
      this.#seek();
      return;
    }
    this.target_s = null;
    this.#showFrame(this.medium.currentTime);
  }

  #showFrame(time_s) {
    if (this.target_s !== null) return;
    this.shown_s = time_s;
    this.onFrame(time_s);
    this.#waitForIdle();
  }

  // A busy machine shows frames late: pause at the one on the screen, not at the one that was due.
  #stayAtFrame() {
    if (this.target_s === null && !this.medium.ended) this.seekTo(this.shown_s + FRAME_OFFSET_S);
    this.#notify();
  }

  #notify() {
    this.onChange();
    this.#waitForIdle();
  }

  // Reports the position only when idle, so that the page does not rerun for every frame.
  #waitForIdle() {
    clearTimeout(this.timer);
    if (this.playing || this.target_s !== null) return;
    this.timer = setTimeout(() => this.onIdle(this.moment_s), IDLE_DELAY_MS);
  }

  // Follows each presented frame if the browser reports them, otherwise checks at every repaint.
  #followFrames() {
    if (this.closed.signal.aborted) return;
    if (this.medium.requestVideoFrameCallback) {
      this.medium.requestVideoFrameCallback((_, frame) => {
        if (this.playing) this.#showFrame(frame.mediaTime);
        this.#followFrames();
      });
    } else {
      requestAnimationFrame(() => {
        if (this.playing) this.#showFrame(this.medium.currentTime);
        if (!this.medium.paused && this.medium.ended && this.medium instanceof SilentClock) this.medium.pause();
        this.#followFrames();
      });
    }
  }
}
