// Watches the camera's iframe and explains errors. It runs in the browser, because the server never learns that camera
// access was denied, and cannot report that it is down itself.

const POLL_INTERVAL_MS = 500;
// The iframe's media calls must be hooked before anyone can press a button in it.
const HOOK_INTERVAL_MS = 100;
// A connection that takes longer is blocked.
const CONNECT_TIMEOUT_MS = 12000;
const HEALTH_INTERVAL_MS = 3000;
// A camera that opens sooner needed no permission prompt.
const PROMPT_DELAY_MS = 700;

// The iframe's buttons, square and in capitals, as the app's own. Its styles come later and weigh as much.
const BUTTON_STYLE = `button { border-radius: 9999px !important; box-shadow: none !important; padding: .375rem 1rem !important;
  letter-spacing: normal !important; text-transform: none !important }`;

const REASONS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "no_camera",
  NotReadableError: "busy",
  AbortError: "busy",
  OverconstrainedError: "unsuited",
};

class Watch {
  constructor(root) {
    this.root = root;
    this.reason = undefined;
    this.hooked = new WeakSet();
    this.dressed = new WeakSet();
    this.call = undefined;
    this.serverChecked = performance.now();
    this.timers = [
      setInterval(() => this.poll(), POLL_INTERVAL_MS),
      setInterval(() => this.hookNewFrame(), HOOK_INTERVAL_MS),
    ];
    this.checkBrowser();
  }

  update({messages, frame, running}) {
    this.messages = messages;
    this.frame = frame;
    this.running = running;
    this.show();
  }

  close() {
    this.timers.forEach(clearInterval);
    this.closed = true;
  }

  tell(reason) {
    if (this.reason === reason || this.closed) return;
    this.reason = reason;
    this.show();
  }

  show() {
    const [title, advice, grave] = this.messages?.[this.reason] ?? ["", "", false];
    // Not hidden: screen readers announce only what changes in a region that is there already.
    this.root.classList.toggle("silent", !title);
    this.root.classList.toggle("question", !grave);
    this.root.dataset.reason = this.reason ?? "";
    this.root.querySelector(".title").textContent = title;
    this.root.querySelector(".advice").textContent = advice;
  }

  // Checks that need no camera access.
  async checkBrowser() {
    if (!window.isSecureContext) return this.tell("insecure");
    if (!navigator.mediaDevices?.getUserMedia || !window.RTCPeerConnection) return this.tell("unsupported");
    try {
      const permission = await navigator.permissions.query({name: "camera"});
      const checkPermission = () => {
        if (permission.state === "denied") this.tell("refused");
        else if (this.reason === "refused") this.tell(undefined);
      };
      permission.addEventListener("change", checkPermission);
      checkPermission();
    } catch {
      // Some browsers cannot be queried; they report a denial when the camera is opened.
    }
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => undefined);
    if (devices && !this.reason && !devices.some((device) => device.kind === "videoinput")) this.tell("no_camera");
  }

  // Streamlit recreates the camera's iframe; each new one has to be hooked.
  hookNewFrame() {
    const frame = this.frame && document.querySelector(`iframe[title="${this.frame}"]`);
    const frameWindow = frame?.contentWindow;
    this.dress(frameWindow?.document);
    // Keyed by mediaDevices: the window object survives the change from the empty page to the real one.
    const media = frameWindow?.navigator?.mediaDevices;
    if (!media || this.hooked.has(media)) return;
    this.hooked.add(media);
    this.hook(frameWindow, media);
  }

  poll() {
    if (this.call) this.checkConnection(this.call);
    if (this.running && performance.now() - this.serverChecked > HEALTH_INTERVAL_MS) this.checkServer();
  }

  // Not in hook: its calls may be there before the page's body is.
  dress(page) {
    if (!page?.body || this.dressed.has(page)) return;
    this.dressed.add(page);
    page.body.append(Object.assign(page.createElement("style"), {textContent: BUTTON_STYLE}));
  }

  hook(frameWindow, media) {
    const watch = this;
    const getUserMedia = media.getUserMedia.bind(media);
    media.getUserMedia = async (constraints) => {
      watch.tell(undefined);
      const promptTimer = setTimeout(() => watch.tell("asking"), PROMPT_DELAY_MS);
      try {
        const stream = await getUserMedia(constraints);
        watch.tell(undefined);
        return stream;
      } catch (error) {
        watch.tell(REASONS[error.name] ?? "busy");
        throw error;
      } finally {
        clearTimeout(promptTimer);
      }
    };
    const prototype = frameWindow.RTCPeerConnection.prototype;
    const createOffer = prototype.createOffer;
    prototype.createOffer = function (...options) {
      watch.watchConnection(this);
      return createOffer.apply(this, options);
    };
  }

  watchConnection(connection) {
    const call = {connection, started: performance.now(), connected: false, endedPolls: 0};
    this.call = call;
    connection.addEventListener("connectionstatechange", () => this.checkConnection(call));
  }

  checkConnection(call) {
    if (call !== this.call) return;
    const state = call.connection.connectionState;
    const now = performance.now();
    if (state === "connected") {
      call.connected = true;
      this.checkCamera(call);
    } else if (state === "failed" || state === "disconnected") {
      this.call = undefined;
      this.tell(call.connected ? "lost" : "blocked");
      this.checkServer();
    } else if (state === "closed") {
      this.call = undefined;
      if (this.reason !== "server_down") this.tell(undefined);
    } else if (now - call.started > CONNECT_TIMEOUT_MS) {
      this.tell("blocked");
    }
  }

  // Reports a track that ended while the connection stays open; Stop would close it within two polls. “Choose camera”
  // opens and ends tracks of its own, so only the one that is sent counts.
  checkCamera(call) {
    const sent = call.connection.getSenders().map((sender) => sender.track).find((track) => track?.kind === "video");
    const ended = sent?.readyState === "ended";
    call.endedPolls = ended ? call.endedPolls + 1 : 0;
    if (call.endedPolls > 3) this.tell("unplugged");
    else if (!ended && this.reason && this.reason !== "server_down") this.tell(undefined);
  }

  async checkServer() {
    this.serverChecked = performance.now();
    try {
      const answer = await fetch(new URL("_stcore/health", document.baseURI), {cache: "no-store"});
      if (!answer.ok) throw new Error(answer.statusText);
      if (this.reason === "server_down") this.tell(undefined);
    } catch {
      this.tell("server_down");
      // The server may come back.
      if (!this.running && !this.closed) setTimeout(() => this.checkServer(), HEALTH_INTERVAL_MS);
    }
  }
}

const watches = new WeakMap();

export default function show({parentElement, data}) {
  const root = parentElement.querySelector(".watch");
  const watch = watches.get(root) ?? new Watch(root);
  watches.set(root, watch);
  watch.update(data);
  return () => setTimeout(() => root.isConnected || watch.close(), 0);
}
