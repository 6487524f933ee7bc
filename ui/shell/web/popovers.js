// Moves the focus into a popover that was opened with the keyboard. Streamlit adds it at the end of the page, so Tab would
// reach it last, after the page has scrolled it out of sight. Escape closes it and returns to its button.

const PANEL = "[data-testid=stPopoverBody]";
const BUTTON = "[data-testid=stPopoverButton]:focus-visible";

function enter(records) {
    const added = records.flatMap((record) => [...record.addedNodes]).filter((node) => node instanceof Element);
    const panel = added.map((node) => (node.matches(PANEL) ? node : node.querySelector(PANEL))).find(Boolean);
    // Not for a mouse, nor if the focus has already moved on.
    if (!panel || !document.querySelector(BUTTON)) return;
    panel.tabIndex = -1;
    panel.focus({ preventScroll: true });
}

export default function () {
    const observer = new MutationObserver(enter);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => observer.disconnect();
}
