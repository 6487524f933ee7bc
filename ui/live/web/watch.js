// Looks at what the camera's frame does, and says in words what stands in its way. All of it in the browser, as the
// server hears nothing of a refused camera, and can say nothing once it is gone.

const POLL_INTERVAL_MS = 500;
// The frame's calls must be listened to before anybody can press a button in it.
const HOOK_INTERVAL_MS = 100;
// So long a connection may take before something is in its way.
const CONNECT_TIMEOUT_MS = 12000;
const HEALTH_INTERVAL_MS = 3000;
// A camera that answers sooner was not asked about.
const PROMPT_DELAY_MS = 700;

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
    this.call = undefined;
    this.asked = performance.now();
    this.timers = [setInterval(() => this.look(), POLL_INTERVAL_MS), setInterval(() => this.find(), HOOK_INTERVAL_MS)];
    this.before();
  }

  update({words, frame, running}) {
    this.words = words;
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
    const [title, advice, grave] = this.words?.[this.reason] ?? ["", "", false];
    this.root.hidden = !title;
    this.root.classList.toggle("question", !grave);
    this.root.dataset.reason = this.reason ?? "";
    this.root.querySelector(".title").textContent = title;
    this.root.querySelector(".advice").textContent = advice;
  }

  // What can be known before the camera is asked for.
  async before() {
    if (!window.isSecureContext) return this.tell("insecure");
    if (!navigator.mediaDevices?.getUserMedia || !window.RTCPeerConnection) return this.tell("unsupported");
    try {
      const permission = await navigator.permissions.query({name: "camera"});
      const follow = () => {
        if (permission.state === "denied") this.tell("refused");
        else if (this.reason === "refused") this.tell(undefined);
      };
      permission.addEventListener("change", follow);
      follow();
    } catch {
      // Browsers that do not tell of this permission say it when the camera is asked for.
    }
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => undefined);
    if (devices && !this.reason && !devices.some((device) => device.kind === "videoinput")) this.tell("no_camera");
  }

  // The frame in which the camera is opened comes and goes; its own calls are listened to.
  find() {
    const frame = this.frame && document.querySelector(`iframe[title="${this.frame}"]`);
    const inside = frame?.contentWindow;
    // Not the window, which stays the same when the frame's own page takes the place of the empty one.
    const media = inside?.navigator?.mediaDevices;
    if (!media || this.hooked.has(media)) return;
    this.hooked.add(media);
    this.hook(inside, media);
  }

  look() {
    if (this.call) this.check(this.call);
    if (this.running && performance.now() - this.asked > HEALTH_INTERVAL_MS) this.askServer();
  }

  hook(inside, media) {
    const watch = this;
    const ask = media.getUserMedia.bind(media);
    media.getUserMedia = async (wishes) => {
      watch.tell(undefined);
      const question = setTimeout(() => watch.tell("asking"), PROMPT_DELAY_MS);
      try {
        const stream = await ask(wishes);
        watch.stream = stream;
        watch.tell(undefined);
        return stream;
      } catch (error) {
        watch.tell(REASONS[error.name] ?? "busy");
        throw error;
      } finally {
        clearTimeout(question);
      }
    };
    const prototype = inside.RTCPeerConnection.prototype;
    const offer = prototype.createOffer;
    prototype.createOffer = function (...options) {
      watch.follow(this);
      return offer.apply(this, options);
    };
  }

  follow(connection) {
    const call = {connection, began: performance.now(), worked: false, silent: 0};
    this.call = call;
    connection.addEventListener("connectionstatechange", () => this.check(call));
  }

  check(call) {
    if (call !== this.call) return;
    const state = call.connection.connectionState;
    const now = performance.now();
    if (state === "connected") {
      call.worked = true;
      this.checkCamera(call);
    } else if (state === "failed" || state === "disconnected") {
      this.call = undefined;
      this.tell(call.worked ? "lost" : "no_way");
      this.askServer();
    } else if (state === "closed") {
      this.call = undefined;
      if (this.reason !== "server_gone") this.tell(undefined);
    } else if (now - call.began > CONNECT_TIMEOUT_MS) {
      this.tell("no_way");
    }
  }

  // A track that ended although nobody pressed Stop, which would have closed the connection by the next look but one.
  checkCamera(call) {
    const ended = this.stream?.getVideoTracks().every((track) => track.readyState === "ended");
    call.silent = ended ? call.silent + 1 : 0;
    if (call.silent > 3) this.tell("unplugged");
    else if (!ended && this.reason && this.reason !== "server_gone") this.tell(undefined);
  }

  async askServer() {
    this.asked = performance.now();
    try {
      const answer = await fetch(new URL("_stcore/health", document.baseURI), {cache: "no-store"});
      if (!answer.ok) throw new Error(answer.statusText);
      if (this.reason === "server_gone") this.tell(undefined);
    } catch {
      this.tell("server_gone");
      // It may come back.
      if (!this.running && !this.closed) setTimeout(() => this.askServer(), HEALTH_INTERVAL_MS);
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
