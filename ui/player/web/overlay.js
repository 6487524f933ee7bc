// Draws the faces of a frame over the video.

const TEXT_PX = 13;
const TOP = 3;
const AXES = ["#ff5a5a", "#4be07a", "#5ab4ff"];
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
    const faces = people.facesOf(timeline, frame).map((face) => this.#place(timeline, face));
    // Large faces first: their boxes and names would hide small ones.
    const shown = faces.sort((a, b) => b.w - a.w);
    for (const face of shown) this.#drawFace(timeline, people, face, layers, colours);
    this.canvas.dataset.faces = String(shown.length);
  }

  #place(timeline, {face, person}) {
    const [x1, y1, x2, y2] = timeline.boxOf(face);
    const {width, height} = this.size;
    return {face, person, x: x1 * width, y: y1 * height, w: (x2 - x1) * width, h: (y2 - y1) * height};
  }

  #drawFace(timeline, people, face, layers, colours) {
    const answer = timeline.answerOf(face.face);
    const [colour, text] = colours[answer];
    if (layers.mesh) this.#drawMesh(timeline.meshOf(face.face));
    if (layers.boxes) this.#drawBox(face, colour);
    if (layers.pose) this.#drawPose(timeline.poseOf(face.face), face);
    if (layers.boxes || layers.expressions) {
      const name = layers.boxes ? people.tag(face.person) : "";
      this.#drawTag(face, [name, layers.expressions ? answer : ""].filter(Boolean).join(" "), colour, text);
    }
    if (layers.expressions) this.#drawTop(timeline.topOf(face.face, TOP), face, colours);
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
    this.pen.font = `600 ${TEXT_PX}px sans-serif`;
    this.pen.textBaseline = "middle";
    const width = this.pen.measureText(text).width + 10;
    const height = TEXT_PX + 7;
    const x = Math.min(Math.max(face.x, 0), Math.max(this.size.width - width, 0));
    const y = face.y >= height ? face.y - height : Math.max(face.y, 0);
    this.pen.fillStyle = colour;
    this.pen.fillRect(x, y, width, height);
    this.pen.fillStyle = textColour;
    this.pen.fillText(text, x + 5, y + height / 2 + 0.5);
  }

  // The most probable expressions as bars, inside the lower edge of the box if there is room, else below it.
  #drawTop(top, face, colours) {
    if (face.h < 60 || face.w < 60) return;
    const row = TEXT_PX + 4;
    const width = Math.min(Math.max(face.w, 120), 190);
    const below = face.y + face.h + 4;
    const fits = below + TOP * row + 4 <= this.size.height;
    // Inside the box they cover the face, so show fewer.
    const lines = fits ? top : top.slice(0, Math.max(Math.floor((0.35 * face.h) / row), 1));
    const y = fits ? below : Math.max(Math.min(face.y + face.h, this.size.height) - lines.length * row - 6, 0);
    const x = Math.min(Math.max(face.x, 0), Math.max(this.size.width - width, 0));
    this.pen.fillStyle = "rgba(16, 17, 24, 0.72)";
    this.pen.fillRect(x, y, width, lines.length * row + 4);
    lines.forEach(([label, share], place) => {
      const line = y + 2 + place * row;
      this.pen.fillStyle = colours[label][0];
      this.pen.fillRect(x, line + row - 3, width * share, 2);
      this.pen.font = `${TEXT_PX - 1}px sans-serif`;
      this.pen.fillStyle = "#fff";
      this.pen.fillText(label, x + 6, line + row / 2 - 1);
      const figure = `${Math.round(100 * share)} %`;
      this.pen.fillText(figure, x + width - this.pen.measureText(figure).width - 6, line + row / 2 - 1);
    });
  }

  // The head's own axes, seen from the camera: to the picture's right, up, and where the nose points.
  // R = Ry(yaw) · Rx(pitch) · Rz(roll), as emotion/vision/landmarks.py takes it apart.
  #drawPose(pose, face) {
    if (!pose) return;
    const [x, y, length] = [face.x + face.w / 2, face.y + face.h / 2, Math.max(face.w, face.h) * 0.45];
    axesOf(pose).forEach(([dx, dy], place) => {
      for (const [style, width] of [[SHADOW, 5], [AXES[place], 3]]) {
        this.pen.strokeStyle = style;
        this.pen.lineWidth = width;
        this.pen.beginPath();
        this.pen.moveTo(x, y);
        this.pen.lineTo(x + dx * length, y + dy * length);
        this.pen.stroke();
      }
    });
  }

  #drawMesh(points) {
    if (!points) return;
    this.pen.fillStyle = "rgba(255, 255, 255, 0.8)";
    for (let place = 0; place < points.length; place += 2) {
      this.pen.fillRect(points[place] * this.size.width - 0.75, points[place + 1] * this.size.height - 0.75, 1.5, 1.5);
    }
  }
}

// Right, up and forward of a head as directions in the picture (x to the right, y down), each at most 1 long.
export function axesOf({yaw, pitch, roll}) {
  const [sy, sp, sr] = [yaw, pitch, roll].map((angle) => Math.sin(angle * RADIANS));
  const [cy, cp, cr] = [yaw, pitch, roll].map((angle) => Math.cos(angle * RADIANS));
  return [
    [cr * cy + sr * sp * sy, sr * cp],
    [sr * cy - cr * sp * sy, -cr * cp],
    [sy * cp, -sp],
  ];
}
