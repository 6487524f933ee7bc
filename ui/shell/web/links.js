// Follows a link to another page that was clicked while a popover was open.
//
// The click also closes the popover, and Streamlit tells the server so after it has asked for the other page. This later
// message belongs to the old page, which therefore stays: the click is lost. Here it is repeated once the page has run.

import {afterRuns} from "./after_runs.js";

const PANEL = "[data-testid=stPopoverBody]";
const LINK = "[data-testid=stTopNavLink], [data-testid=stSidebarNavLink], [data-testid=stPageLink-NavLink]";

// Kept between runs, in each of which Streamlit calls the function below: the path of the clicked link.
let wanted = null;

function note({ target }) {
    const link = target.closest?.(LINK);
    wanted = link && document.querySelector(PANEL) ? link.pathname : null;
}

function follow() {
    if (wanted === null || document.querySelector(PANEL)) return;
    const path = wanted;
    wanted = null;
    if (path === location.pathname) return;
    [...document.querySelectorAll(LINK)].find((link) => link.pathname === path)?.click();
}

export default function () {
    const closed = new AbortController();
    document.addEventListener("click", note, { capture: true, signal: closed.signal });
    const rest = afterRuns(follow);
    return () => {
        rest();
        closed.abort();
    };
}
