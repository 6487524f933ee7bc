// Leaves one step per page in the browser's history.
//
// Video and Studies add what they open to their address, such as ?analysis=…. Streamlit makes a second step of this, which the
// back button would return to and the page would leave forward again: the first step is replaced instead.

const PATCHED = Symbol.for("one step per page");

function isSamePage(address) {
    const { pathname, origin } = new URL(address, location.href);
    return origin === location.origin && pathname === location.pathname;
}

export default function () {
    // Once per document, and for good: Streamlit removes this component between two pages.
    if (history[PATCHED]) return;
    history[PATCHED] = true;
    const push = history.pushState.bind(history);
    history.pushState = (state, title, address) => {
        const adds = address && !location.search && isSamePage(address);
        (adds ? history.replaceState.bind(history) : push)(state, title, address);
    };
}
