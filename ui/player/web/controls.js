// What both players share: the video, its buttons, and the actions of keys and buttons.

import {clockText} from "./axis.js";

const STATUS_MS = 4000;

export class PlayerControls {
  // `send(name, value)` sends a value to the page.
  constructor(root, send) {
    Object.assign(this, {root, send, data: {}});
    this.sessionId = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`;
    [this.stage, this.video, this.status] = [".stage", "video", ".status"].map((name) => root.querySelector(name));
    this.closed = new AbortController();
    this.listen(this.video, "error", () => this.showStatus("This browser cannot play the video."));
  }

  close() {
    this.closed.abort();
    this.playback?.close();
    this.video.removeAttribute("src");
    this.video.load();
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
    this.showPlayback();
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }

  // Runs the action of a clicked button, or plays when the video is clicked; returns whether it was a button.
  handleClick(event) {
    const button = event.target.closest("button[data-action]");
    if (button && this.playback) this[button.dataset.action](...(button.dataset.by ? [Number(button.dataset.by)] : []));
    else if (event.target.closest(".stage") && this.playback) this.toggle();
    return Boolean(button);
  }

  setShape(width, height) {
    this.stage.style.setProperty("--shape", `${width} / ${height}`);
    this.stage.style.setProperty("--ratio", width / height);
  }

  showPlayback() {
    if (!this.playback) return;
    const {playing, speed} = this.playback;
    const button = this.root.querySelector("[data-action=toggle]");
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    button.classList.toggle("on", playing);
    this.root.querySelector(".speed").textContent = `${speed}×`;
    this.root.querySelector("[data-action=mute]").setAttribute("aria-pressed", String(this.video.muted));
  }

  showTime(time_s, frameText) {
    this.root.querySelector(".time").textContent = clockText(time_s, 2);
    this.root.querySelector(".total").textContent = clockText(this.playback.duration_s, 0);
    this.root.querySelector(".frame").textContent = frameText;
  }

  showStatus(text) {
    this.status.textContent = text;
    clearTimeout(this.statusTimer);
    this.statusTimer = setTimeout(() => this.status.replaceChildren(), STATUS_MS);
  }

  listen(target, name, handler) {
    target.addEventListener(name, handler, {signal: this.closed.signal});
  }
}
