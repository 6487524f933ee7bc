// Shows nine dots one by one over the whole window, each for `dot_s` seconds. The server gets their positions at once.

const MARGIN = 0.08;
const SPOTS = [MARGIN, 0.5, 1 - MARGIN];
// The middle comes first, as a known start for the eyes.
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
    // The camera has ended: further dots would measure nothing.
    if (!data.enabled && this.root.querySelector(".cover").open) this.end(false);
  }

  start() {
    const spots = ORDER.map((cell) => [SPOTS[cell % 3] * innerWidth, SPOTS[Math.floor(cell / 3)] * innerHeight]);
    // The page's position on the screen: the window has borders at its top and sides.
    const left = screenX + (outerWidth - innerWidth) / 2;
    const top = screenY + Math.max(outerHeight - innerHeight, 0);
    const dots = spots.map(([x, y]) => [(left + x - screen.width / 2) / screen.width, (top + y) / screen.width]);
    this.count += 1;
    this.send("started", {id: `${Date.now()}-${this.count}`, dots});
    this.root.querySelector(".cover").showModal();
    this.show(spots, 0);
  }

  show(spots, index) {
    if (index >= spots.length) return this.end(false);
    const dot = this.root.querySelector(".dot");
    const [x, y] = spots[index];
    dot.style.left = `${x}px`;
    dot.style.top = `${y}px`;
    // Starts the animation again.
    dot.replaceWith(dot.cloneNode(true));
    this.root.querySelector(".instruction").textContent = `Look at dot ${index + 1} of ${spots.length}`;
    this.timer = setTimeout(() => this.show(spots, index + 1), this.data.dot_s * 1000);
    return undefined;
  }

  end(cancelled) {
    clearTimeout(this.timer);
    this.root.querySelector(".cover").close();
    if (cancelled) this.send("started", {id: `${Date.now()}-cancelled`, dots: []});
  }
}

const calibrations = new WeakMap();

export default function show({parentElement, data, setStateValue}) {
  const root = parentElement.querySelector(".calibration");
  const calibration = calibrations.get(root) ?? new Calibration(root);
  calibrations.set(root, calibration);
  calibration.send = setStateValue;
  calibration.update(data);
  return () => setTimeout(() => root.isConnected || clearTimeout(calibration.timer), 0);
}
