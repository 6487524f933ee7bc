// Leaves one step per page in the browser's history.
//
// Video and Studies add what they open to their address, such as ?analysis=…. Streamlit makes a step of its own of this, which
// the back button returns to without any effect: it replaces the page's step instead. Streamlit often does so just before it
// moves on to the page itself, so that the step of the page before gets the parameter: that step gets its address back.

const PATCHED = Symbol.for("one step per page");
const SOON_MS = 1000;

function isSamePage(address) {
    return new URL(address, location.href).pathname === location.pathname;
}

export default function () {
    // Once per document: Streamlit removes this component between two pages, and the patch stays.
    if (history[PATCHED]) return;
    history[PATCHED] = true;
    const push = history.pushState.bind(history);
    let before = "";
    let changedAt = -Infinity;
    history.pushState = (state, title, address) => {
        if (address && isSamePage(address)) {
            before = location.href;
            changedAt = performance.now();
            history.replaceState(state, title, address);
            return;
        }
        if (performance.now() - changedAt < SOON_MS) history.replaceState(history.state, "", before);
        changedAt = -Infinity;
        push(state, title, address);
    };
}
