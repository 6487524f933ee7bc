// Applies names, merges and hidden tracks; see emotion/analytics/edits.py.

const MAX_LANES = 8;

export class People {
  // `faces` maps a track to the address of its picture.
  constructor(edits, faces = {}) {
    this.faces = faces;
    this.names = edits.names;
    this.merged = edits.merged;
    this.hidden = new Set(edits.hidden);
  }

  // The person's track that a track belongs to, or null if it is hidden.
  of(track) {
    const merged = this.merged[track] ?? track;
    return this.hidden.has(track) || this.hidden.has(merged) ? null : merged;
  }

  name(person) {
    return this.names[person] || `Person ${person}`;
  }

  // A name short enough for a box.
  tag(person) {
    return this.names[person] || String(person);
  }

  // The visible faces of a frame, each with its person; of two faces of one person, the one with higher confidence.
  facesOf(timeline, frame) {
    const faces = new Map();
    for (const face of timeline.facesOf(frame)) {
      const person = this.of(timeline.tracks[face]);
      if (person !== null && !faces.has(person)) faces.set(person, face);
    }
    return Array.from(faces, ([person, face]) => ({person, face}));
  }

  // Whether a person with a lane is missing from some frame.
  areMissing(timeline) {
    const {lanes} = this.inLanes(timeline);
    const inLane = new Set(lanes);
    for (let frame = 0; frame < timeline.frames; frame++) {
      const seen = this.facesOf(timeline, frame).filter(({person}) => inLane.has(person));
      if (seen.length < lanes.length) return true;
    }
    return false;
  }

  // The people with a lane, ordered by number: those seen in the most frames; and the number of all people.
  inLanes(timeline) {
    const seen = new Map();
    for (const track of timeline.tracks) {
      const person = this.of(track);
      if (person !== null) seen.set(person, (seen.get(person) ?? 0) + 1);
    }
    const longest = [...seen].sort((a, b) => b[1] - a[1]).slice(0, MAX_LANES);
    return {lanes: longest.map(([person]) => person).sort((a, b) => a - b), all: seen.size};
  }
}
