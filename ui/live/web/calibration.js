// Shows nine dots one by one over the whole window. The server knows from the start when each is shown.

const MARGIN = 0.08;
const SPOTS = [MARGIN, 0.5, 1 - MARGIN];
// The middle first, so that the eyes start somewhere.
const ORDER = [4, 0, 1, 2, 5, 8, 7, 6, 3];

class Calibration {
  constructor(root) {
    this.root = root;
    this.count = 0;
    this.timer = undefined;
    root.querySelector(".start").addEventListener("click", () => this.start());
    root.querySelector(".cancel").addEventListener("click", () => this.end(true));
    root.querySelector(".cover").addEventListener("cancel", (event) => {
      event.preventDefault();
      this.end(true);
    });
  }

  update(data) {
    this.data = data;
    const button = this.root.querySelector(".start");
    button.disabled = !data.enabled;
    button.title = data.hint;
  }

  start() {
    const spots = ORDER.map((place) => [SPOTS[place % 3] * innerWidth, SPOTS[Math.floor(place / 3)] * innerHeight]);
    // Where the page lies on the screen: a window's frame is at its top and sides.
    const left = screenX + (outerWidth - innerWidth) / 2;
    const top = screenY + Math.max(outerHeight - innerHeight, 0);
    const dots = spots.map(([x, y]) => [(left + x - screen.width / 2) / screen.width, (top + y) / screen.width]);
    this.count += 1;
    this.say("started", {id: `${Date.now()}-${this.count}`, dots});
    this.root.querySelector(".cover").showModal();
    this.show(spots, 0);
  }

  show(spots, place) {
    if (place >= spots.length) return this.end(false);
    const dot = this.root.querySelector(".dot");
    const [x, y] = spots[place];
    dot.style.left = `${x}px`;
    dot.style.top = `${y}px`;
    // Starts the animation again.
    dot.replaceWith(dot.cloneNode(true));
    this.root.querySelector(".said").textContent = `Look at dot ${place + 1} of ${spots.length}`;
    this.timer = setTimeout(() => this.show(spots, place + 1), this.data.dot_s * 1000);
    return undefined;
  }

  end(cancelled) {
    clearTimeout(this.timer);
    this.root.querySelector(".cover").close();
    if (cancelled) this.say("started", {id: `${Date.now()}-cancelled`, dots: []});
  }
}

const calibrations = new WeakMap();

export default function show({parentElement, data, setStateValue}) {
  const root = parentElement.querySelector(".calibration");
  const calibration = calibrations.get(root) ?? new Calibration(root);
  calibrations.set(root, calibration);
  calibration.say = setStateValue;
  calibration.update(data);
  return () => setTimeout(() => root.isConnected || clearTimeout(calibration.timer), 0);
}
