// Holds a click on a link to another page, or on a tab, until the server knows what the same click changed.
//
// The click also ends the typing in a field, or closes a popover. Streamlit tells the server so only after it has asked for
// the other page or tab. What was typed is then lost, as its field is gone, and the old page stays or an empty one is shown.

const PANEL = "[data-testid=stPopoverBody]";
const FIELD = "input, textarea";
const LINK = ["stTopNavLink", "stTopNavDropdownLink", "stSidebarNavLink", "stPageLink-NavLink"]
    .map((name) => `[data-testid=${name}]`)
    .join();
const TAB = "[role=tab]";

// A press of a button rarely lasts longer.
const PRESS_MS = 700;
// A table reports a change after 0.15 s, and a busy browser later.
const QUIET_MS = 700;
// Some scripts run for long, and a visitor who wants to leave should not have to wait for them.
const LONGEST_MS = 3000;

// Kept between runs, in each of which Streamlit calls the function below: when a field or a popover was last left, the timer
// of the click that is held, and whether a click is its repetition.
let leftAt = -Infinity;
let timer;
let isRepeated = false;

function noteField({ target }) {
    if (target.matches?.(FIELD)) leftAt = performance.now();
}

function noteEscape({ key }) {
    if (key === "Escape" && document.querySelector(PANEL)) leftAt = performance.now();
}

function hold(event) {
    const link = event.target.closest?.(`${LINK}, ${TAB}`);
    const opensElsewhere = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || isRepeated || opensElsewhere) return;
    clearInterval(timer);
    const panel = link.matches(LINK) && document.querySelector(PANEL);
    if (performance.now() - leftAt > PRESS_MS && !panel) return;
    event.preventDefault();
    event.stopPropagation();
    if (panel) document.body.click(); // closes it
    repeatLater(link);
}

function repeatLater(link) {
    const app = document.querySelector("[data-testid=stApp]");
    const begun = performance.now();
    let busyAt = begun;
    timer = setInterval(() => {
        const now = performance.now();
        if (app.dataset.testScriptState === "running") busyAt = now;
        if (now - busyAt < QUIET_MS && now - begun < LONGEST_MS) return;
        clearInterval(timer);
        isRepeated = true;
        (link.isConnected ? link : sameLink(link))?.click(); // a tab stays
        isRepeated = false;
    }, 50);
}

function sameLink({ pathname }) {
    return [...document.querySelectorAll(LINK)].find((link) => link.pathname === pathname);
}

export default function () {
    const closed = new AbortController();
    const listen = (name, handler) => document.addEventListener(name, handler, { capture: true, signal: closed.signal });
    listen("focusout", noteField);
    listen("keydown", noteEscape);
    listen("click", hold);
    return () => closed.abort();
}
