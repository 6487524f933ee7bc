// Keyboard shortcuts while the player has the focus.

export const PLAYBACK_KEYS = {
  " ": ["toggle"],
  ArrowLeft: ["step", -1],
  ArrowRight: ["step", 1],
  Home: ["stepToEnd", -1],
  End: ["stepToEnd", 1],
  "+": ["changeSpeed", 1],
  "=": ["changeSpeed", 1],
  "-": ["changeSpeed", -1],
};
const KEYS = {...PLAYBACK_KEYS, m: ["markMoment"], "[": ["startSpan"], "]": ["endSpan"]};
// Only on a slider, where these keys are expected to move it; elsewhere they scroll the page.
const SLIDER_KEYS = {ArrowUp: ["step", 1], ArrowDown: ["step", -1], PageUp: ["skip", 10], PageDown: ["skip", -10]};
const WITH_SHIFT = {ArrowLeft: ["skip", -1], ArrowRight: ["skip", 1]};

// Runs the action of a key, and stops the event, so that page shortcuts and scrolling do not react too.
export function takeKey(event, actions, keys = KEYS) {
  // AltGr, needed for [ and ] on many keyboards, is reported as Ctrl + Alt.
  const chord = (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const onSlider = event.target.closest("[role=slider]") !== null;
  const action = (event.shiftKey && WITH_SHIFT[key]) || keys[key] || (onSlider && SLIDER_KEYS[key]);
  if (chord || !action || belongsToControl(event)) return;
  event.preventDefault();
  event.stopPropagation();
  const [name, ...values] = action;
  actions[name](...values);
}

// A text field takes every key; the space bar presses the button that has the focus.
function belongsToControl(event) {
  if (event.target.matches("input[type=text]")) return true;
  return event.key === " " && event.target.closest("button, input, summary") !== null;
}
