// Reads the format of ui/player/pack.py; for a video that is to be coded, it has only the times of frames. Times are in
// seconds, boxes in shares of the picture's width and height, angles in degrees, probabilities in 0–1.

const ARRAYS = {"<u4": Uint32Array, "|u1": Uint8Array, "<i2": Int16Array, "<f8": Float64Array};
const UNKNOWN = -32768;
// Frame times are rounded.
const TOLERANCE_S = 0.001;

export const UNCLEAR = 255;

export class Timeline {
  constructor(buffer) {
    const start = 4 + new DataView(buffer).getUint32(0, true);
    this.head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, start - 4)));
    for (const [name, {type, offset, length}] of Object.entries(this.head.arrays)) {
      this[name] = new ARRAYS[type](buffer, start + offset, length);
    }
    this.labels = this.head.labels;
    this.frames = this.ticks.length;
    this.faces = this.tracks?.length ?? 0;
  }

  timeOf(frame) {
    return this.ticks[frame] * this.head.units.tick_s;
  }

  // The end of a frame: the start of the next one, or the end of the analysed part.
  endOf(frame) {
    return frame + 1 < this.frames ? this.timeOf(frame + 1) : this.head.end_s;
  }

  // The number of frames that begin at or before a time.
  countUntil(time_s) {
    let low = 0;
    let high = this.frames;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.timeOf(middle) <= time_s + TOLERANCE_S) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The analysed frame at a time, or -1 outside of the analysed part.
  frameAt(time_s) {
    const frame = this.countUntil(time_s) - 1;
    return frame >= 0 && time_s <= this.endOf(frame) + TOLERANCE_S ? frame : -1;
  }

  // The analysed frame at a time, or the nearest end of the analysed part.
  nearestTo(time_s) {
    return Math.max(this.countUntil(time_s) - 1, 0);
  }

  facesOf(frame) {
    if (frame < 0) return [];
    const first = this.first[frame];
    return Array.from({length: this.first[frame + 1] - first}, (_, index) => first + index);
  }

  boxOf(face) {
    return Array.from(this.boxes.subarray(4 * face, 4 * face + 4), (value) => value * this.head.units.box);
  }

  shareOf(face, label) {
    return this.shares[face * this.labels.length + label] * this.head.units.share;
  }

  // The answer for a face: its leading label or "unclear".
  answerOf(face) {
    return this.leading[face] === UNCLEAR ? "unclear" : this.labels[this.leading[face]];
  }

  // The most probable labels with their probabilities.
  topOf(face, count) {
    return this.labels
      .map((label, index) => [label, this.shareOf(face, index)])
      .sort((a, b) => b[1] - a[1])
      .slice(0, count);
  }

  poseOf(face) {
    const angles = this.poses.subarray(3 * face, 3 * face + 3);
    if (angles.includes(UNKNOWN)) return null;
    const [yaw, pitch, roll] = Array.from(angles, (value) => value * this.head.units.pose_deg);
    return {yaw, pitch, roll};
  }
}
