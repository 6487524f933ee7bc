// Draws the faces of a frame over the video.

const TEXT_PX = 13;
const TOP_COUNT = 3;
// Smaller faces get no table of expressions.
const MIN_TABLE_PX = 40;
// Narrower pictures get smaller text.
const SMALL_PX = 480;
const AXIS_COLOURS = ["#ff5a5a", "#4be07a", "#5ab4ff"];
const SHADOW = "rgba(0, 0, 0, 0.6)";
const RADIANS = Math.PI / 180;

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  // Draws the faces of a frame; `layers` switches parts on and off, `colours` maps an answer to [colour, text colour].
  draw(timeline, people, frame, layers, colours) {
    const scale = window.devicePixelRatio || 1;
    const {clientWidth: width, clientHeight: height} = this.canvas;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.size = {width, height};
    this.pen.setTransform(scale, 0, 0, scale, 0, 0);
    this.pen.clearRect(0, 0, width, height);
    const faces = people.facesOf(timeline, frame).map((face) => this.#toPixels(timeline, face));
    // Large faces first: their boxes and names would hide small ones.
    const shown = faces.sort((a, b) => b.w - a.w);
    this.shown = shown;
    for (const face of shown) this.#drawFace(timeline, people, face, layers, colours);
    this.canvas.dataset.faces = String(shown.length);
  }

  #toPixels(timeline, {face, person}) {
    const [x1, y1, x2, y2] = timeline.boxOf(face);
    const {width, height} = this.size;
    return {face, person, x: x1 * width, y: y1 * height, w: (x2 - x1) * width, h: (y2 - y1) * height};
  }

  #drawFace(timeline, people, face, layers, colours) {
    const answer = timeline.answerOf(face.face);
    const [colour, text] = colours[answer];
    if (layers.boxes) this.#drawBox(face, colour);
    if (layers.pose) this.#drawPose(timeline.poseOf(face.face), face);
    if (layers.boxes || layers.expressions) {
      const name = layers.boxes ? people.tag(face.person) : "";
      this.#drawTag(face, [name, layers.expressions ? answer : ""].filter(Boolean).join(" "), colour, text);
    }
    if (layers.expressions) this.#drawTop(timeline.topOf(face.face, TOP_COUNT), face, colours);
  }

  // A dark outline keeps pale boxes visible on pale pictures.
  #drawBox({x, y, w, h}, colour) {
    for (const [style, width] of [[SHADOW, 5], [colour, 2.5]]) {
      this.pen.strokeStyle = style;
      this.pen.lineWidth = width;
      this.pen.strokeRect(x, y, w, h);
    }
  }

  #drawTag(face, text, colour, textColour) {
    const height = this.#tagPx;
    this.pen.font = `600 ${height - 7}px sans-serif`;
    this.pen.textBaseline = "middle";
    const width = this.pen.measureText(text).width + 10;
    const x = Math.min(Math.max(face.x, 0), Math.max(this.size.width - width, 0));
    const y = face.y >= height ? face.y - height : Math.max(face.y, 0);
    this.pen.fillStyle = colour;
    this.pen.fillRect(x, y, width, height);
    this.pen.fillStyle = textColour;
    this.pen.fillText(text, x + 5, y + height / 2 + 0.5);
  }

  // The most probable expressions as bars beside a face: below, right, left or above it, where they cover no face.
  #drawTop(top, face, colours) {
    if (face.h < MIN_TABLE_PX || face.w < MIN_TABLE_PX) return;
    const size = this.#small ? TEXT_PX - 3 : TEXT_PX - 1;
    const row = size + 5;
    // A phone has room for one line.
    const lines = (this.#small ? top.slice(0, 1) : top).map(([label, share]) => [label, share, `${Math.round(100 * share)}%`]);
    this.pen.font = `${size}px sans-serif`;
    // Fonts differ in width: a label and its figure never touch.
    const needed = Math.max(...lines.map(([label, , figure]) => this.pen.measureText(`${label}  ${figure}`).width)) + 12;
    const width = Math.max(Math.min(face.w, 15 * size), needed);
    const place = this.#freePlace(face, width, lines.length * row + 4);
    if (!place) return;
    const {x, y} = place;
    this.pen.fillStyle = "rgba(16, 17, 24, 0.72)";
    this.pen.fillRect(x, y, width, lines.length * row + 4);
    lines.forEach(([label, share, figure], index) => {
      const line = y + 2 + index * row;
      this.pen.fillStyle = colours[label][0];
      this.pen.fillRect(x, line + row - 3, width * share, 2);
      this.pen.fillStyle = "#fff";
      this.pen.fillText(label, x + 6, line + row / 2 - 1);
      this.pen.fillText(figure, x + width - this.pen.measureText(figure).width - 6, line + row / 2 - 1);
    });
  }

  // A place where a table of this size fits and covers no face; undefined if there is none.
  #freePlace({x, y, w, h}, width, height) {
    const gap = 4;
    const within = (value, end) => Math.min(Math.max(value, 0), Math.max(end, 0));
    const left = within(x, this.size.width - width);
    const top = within(y, this.size.height - height);
    const places = [
      {x: left, y: y + h + gap},
      {x: x + w + gap, y: top},
      {x: x - width - gap, y: top},
      {x: left, y: y - height - this.#tagPx - gap},
    ];
    return places.find((place) => {
      const fits = place.x >= 0 && place.y >= 0 && place.x + width <= this.size.width && place.y + height <= this.size.height;
      const covers = (face) =>
        place.x < face.x + face.w && face.x < place.x + width && place.y < face.y + face.h && face.y < place.y + height;
      return fits && !this.shown.some(covers);
    });
  }

  get #small() {
    return this.size.width < SMALL_PX;
  }

  get #tagPx() {
    return (this.#small ? TEXT_PX - 3 : TEXT_PX) + 7;
  }

  // The head's axes, seen from the camera: to the picture's right, up, and forward along the nose.
  // R = Ry(yaw) · Rx(pitch) · Rz(roll), the rotation that emotion/vision/landmarks.py decomposes.
  #drawPose(pose, face) {
    if (!pose) return;
    const [x, y, length] = [face.x + face.w / 2, face.y + face.h / 2, Math.max(face.w, face.h) * 0.45];
    axesOf(pose).forEach(([dx, dy], axis) => {
      for (const [style, width] of [[SHADOW, 5], [AXIS_COLOURS[axis], 3]]) {
        this.pen.strokeStyle = style;
        this.pen.lineWidth = width;
        this.pen.beginPath();
        this.pen.moveTo(x, y);
        this.pen.lineTo(x + dx * length, y + dy * length);
        this.pen.stroke();
      }
    });
  }
}

// A head's axes right, up and forward as directions in the picture (x to the right, y down), each at most 1 long.
export function axesOf({yaw, pitch, roll}) {
  const [sy, sp, sr] = [yaw, pitch, roll].map((angle) => Math.sin(angle * RADIANS));
  const [cy, cp, cr] = [yaw, pitch, roll].map((angle) => Math.cos(angle * RADIANS));
  return [
    [cr * cy + sr * sp * sy, sr * cp],
    [sr * cy - cr * sp * sy, -cr * cp],
    [sy * cp, -sp],
  ];
}
