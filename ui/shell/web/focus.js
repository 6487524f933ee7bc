// Keeps the keyboard focus where a visitor expects it; does nothing after a click with a mouse.
//
// Streamlit adds a popover at the end of the page, so Tab would reach it last, after the page has scrolled it out of sight:
// the focus moves into a popover that was opened with the keyboard. Escape closes it and returns to its button.
//
// A press can replace or disable its own button, such as Prepare, Cancel and Download, and Tab would start again at the top
// of the page: the focus moves to what stands in the button's place once the script has run.

import {afterRuns} from "./after_runs.js";

const PANEL = "[data-testid=stPopoverBody]";
const BUTTON = "[data-testid=stPopoverButton]:focus-visible";
const PAGE = "[data-testid=stMain]";
const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";

function enter(records) {
    const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node instanceof Element);
    const panel = added.map((node) => (node.matches(PANEL) ? node : node.querySelector(PANEL))).find(Boolean);
    // A popover that is opened while the script still runs is replaced, and the focus in it is lost.
    const lost = byKeyboard && document.activeElement === document.body;
    // Not for a mouse, nor if the focus has already moved on.
    if (!panel || !(lost || document.querySelector(BUTTON))) return;
    panel.tabIndex = -1;
    panel.focus({ preventScroll: true });
}

// A control of the page that had the focus, with its ancestors and its place in each, the innermost first.
class Place {
    constructor(element) {
        this.element = element;
        this.address = location.pathname;
        this.steps = [];
        for (let child = element; !child.matches(PAGE); child = child.parentElement) {
            this.steps.push([child.parentElement, [...child.parentElement.children].indexOf(child)]);
        }
    }

    // The control itself, or what stands in its place: the next control, or the one before, in the innermost ancestor left.
    get control() {
        if (!isGone(this.element)) return this.element;
        for (const [parent, index] of this.steps) {
            if (!parent.isConnected) continue;
            const children = [...parent.children];
            const after = children.slice(index).flatMap(controlsIn);
            const found = after[0] ?? children.slice(0, index).flatMap(controlsIn).at(-1);
            if (found) return found;
        }
        return null;
    }
}

function isGone(element) {
    return !element.isConnected || element.matches(":disabled");
}

function controlsIn(element) {
    const found = [element, ...element.querySelectorAll(CONTROLS)].filter((each) => each.matches(CONTROLS));
    return found.filter((each) => !each.disabled && each.tabIndex >= 0 && each.checkVisibility({ visibilityProperty: true }));
}

// Kept between runs, in each of which Streamlit calls the function below: the element with the focus, inside the page or in
// a dialog over it, the last one inside the page, and whether the keyboard was used last.
let focused = null;
let place = null;
let byKeyboard = false;

function note({ target }) {
    focused = target;
    if (target.closest(PAGE)) place = new Place(target);
}

function keep() {
    if (!byKeyboard || !focused || !place || document.activeElement !== document.body) return;
    // Another page begins at its top.
    if (isGone(focused) && place.address === location.pathname) place.control?.focus();
}

export default function () {
    const closed = new AbortController();
    const listen = (name, handler) => document.addEventListener(name, handler, { capture: true, signal: closed.signal });
    listen("focusin", note);
    listen("keydown", () => { byKeyboard = true; });
    listen("pointerdown", () => { byKeyboard = false; });
    const panels = new MutationObserver(enter);
    panels.observe(document.body, { childList: true, subtree: true });
    const rest = afterRuns(keep);
    return () => {
        rest();
        closed.abort();
        panels.disconnect();
    };
}
