// After the script has ended, Streamlit removes what it did not draw again.
const SETTLE_MS = 150;

// Calls a function after each run of the page's script; returns a function that ends this.
export function afterRuns(act) {
    const app = document.querySelector("[data-testid=stApp]");
    let timer;
    const wait = () => {
        clearTimeout(timer);
        if (app.dataset.testScriptState === "notRunning") timer = setTimeout(act, SETTLE_MS);
    };
    const runs = new MutationObserver(wait);
    runs.observe(app, { attributeFilter: ["data-test-script-state"] });
    wait();
    return () => {
        clearTimeout(timer);
        runs.disconnect();
    };
}
