// Tells whether a table was last used by pointer or by keyboard: a table selects its first cell when Tab reaches it.

export default function ({data, setStateValue}) {
  const closed = new AbortController();
  let byKeyboard = false;
  let told = data.told;
  const tell = (input) => {
    if (input !== told) setStateValue("input", (told = input));
  };
  const listen = (name, handler) => document.addEventListener(name, handler, {capture: true, signal: closed.signal});
  const isInTable = (target) => target.closest(`[class*="st-key-${data.table}"]`) !== null;
  listen("keydown", (event) => {
    byKeyboard = true;
    if (isInTable(event.target)) tell("keyboard");
  });
  listen("pointerdown", (event) => {
    byKeyboard = false;
    if (isInTable(event.target)) tell("pointer");
  });
  listen("focusin", (event) => {
    if (byKeyboard && isInTable(event.target)) tell("keyboard");
  });
  return () => closed.abort();
}
