// Aggregates a timeline into one value per pixel column and person, and paints each lane as one bitmap, whatever the
// length of the video.

import {UNCLEAR} from "./timeline.js";

// Heights in a lane, px: the ribbon of the leading expression, a gap, the stacked probabilities.
export const RIBBON = 11;
export const SPACE = 2;
export const STACK = 38;

const STRIPE_PX = 3;
const LETTERS_PX = 18;

// Returns for each person `seen` (columns), `leading` (columns; the most frequent answer of a column's frames) and
// `shares` (columns × labels; the frames' mean probabilities, which sum to 1).
export function columnsOf(timeline, people, persons, columns, duration_s) {
  const labels = timeline.labels.length;
  const slots = new Map(persons.map((person, slot) => [person, slot]));
  const lanes = persons.map(() => ({
    seen: new Uint8Array(columns),
    leading: new Uint8Array(columns).fill(UNCLEAR),
    shares: new Float32Array(columns * labels),
    votes: new Uint32Array(labels + 1),
    frame: -1,
  }));
  let after = 0;
  for (let column = 0; column < columns; column++) {
    const begin = after;
    const end_s = ((column + 1) * duration_s) / columns;
    while (after < timeline.frames && timeline.timeOf(after) < end_s) after++;
    // If no frame starts in this column, the previous one continues.
    const start_s = (column * duration_s) / columns;
    const continues = begin > 0 && timeline.endOf(begin - 1) > start_s;
    const from = after > begin ? begin : begin - 1;
    if (after > begin || continues) addFrames(timeline, people, slots, lanes, from, after, column);
  }
  return lanes;
}

function addFrames(timeline, people, slots, lanes, from, after, column) {
  const labels = timeline.labels.length;
  for (let frame = from; frame < after; frame++) {
    for (let face = timeline.first[frame]; face < timeline.first[frame + 1]; face++) {
      const lane = lanes[slots.get(people.of(timeline.tracks[face]))];
      // Of two faces of one person in a frame, the first has the higher confidence.
      if (!lane || lane.frame === frame) continue;
      lane.frame = frame;
      if (!lane.seen[column]) lane.votes.fill(0);
      lane.seen[column] = 1;
      lane.votes[Math.min(timeline.leading[face], labels)]++;
      for (let label = 0; label < labels; label++) {
        lane.shares[column * labels + label] += timeline.shares[face * labels + label];
      }
    }
  }
  for (const lane of lanes) {
    lane.frame = -1;
    if (lane.seen[column]) finishColumn(lane, labels, column);
  }
}

function finishColumn(lane, labels, column) {
  let most = 0;
  for (let answer = 1; answer <= labels; answer++) if (lane.votes[answer] > lane.votes[most]) most = answer;
  lane.leading[column] = most === labels ? UNCLEAR : most;
  let sum = 0;
  for (let label = 0; label < labels; label++) sum += lane.shares[column * labels + label];
  for (let label = 0; label < labels; label++) lane.shares[column * labels + label] /= sum || 1;
}

// Paints a lane: one column of pixels per column, `scale` device pixels per px of height.
export function paintLane(lane, labels, colours, unclear, scale) {
  const columns = lane.seen.length;
  const [ribbon, top, height] = [RIBBON, RIBBON + SPACE, RIBBON + SPACE + STACK].map((px) => Math.round(px * scale));
  const image = new ImageData(columns, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let column = 0; column < columns; column++) {
    if (!lane.seen[column]) continue;
    for (let y = 0; y < ribbon; y++) {
      const answer = lane.leading[column];
      // Striped, because neutral is grey too.
      const bright = answer === UNCLEAR && (column + y) % (2 * STRIPE_PX * scale) < STRIPE_PX * scale;
      pixels[y * columns + column] = answer === UNCLEAR ? (bright ? unclear : fade(unclear)) : colours[answer];
    }
    // From the top down, as charts and reports stack them.
    let above = 0;
    for (let label = 0; label < labels; label++) {
      const from = Math.round(above * (height - top));
      above += lane.shares[column * labels + label];
      const to = label === labels - 1 ? height - top : Math.round(above * (height - top));
      for (let y = from; y < to; y++) pixels[(top + y) * columns + column] = colours[label];
    }
  }
  return image;
}

// Writes two letters on each run of the ribbon that is wide enough, for people who cannot tell the colours apart.
// `answers` is [colour, text colour, letters] per label.
export function writeLetters(context, lane, answers, scale) {
  context.font = `600 ${9 * scale}px sans-serif`;
  context.textBaseline = "middle";
  context.textAlign = "center";
  const columns = lane.seen.length;
  for (let from = 0, to; from < columns; from = to) {
    to = from + 1;
    while (to < columns && lane.seen[to] === lane.seen[from] && lane.leading[to] === lane.leading[from]) to++;
    const answer = answers[lane.leading[from]];
    if (!lane.seen[from] || !answer || to - from < LETTERS_PX * scale) continue;
    context.fillStyle = answer[1];
    context.fillText(answer[2], (from + to) / 2, (RIBBON * scale) / 2 + scale / 2);
  }
}

// "#rrggbb" as one pixel.
export function pixelOf(colour) {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

function fade(pixel) {
  return ((pixel & 0x00ffffff) | (0x50 << 24)) >>> 0;
}
