// Runs the page again when its theme changes, which Streamlit does not do if the system changes it.

const SETTLE_MS = 200;

export default function ({data, parentElement, setTriggerValue}) {
  const inside = parentElement.host ?? parentElement;
  const app = document.querySelector("[data-testid=stApp]");
  let timer;
  const compare = () => {
    // A run would close an open dialog, and what was typed in it would be lost.
    if (document.querySelector("[data-testid=stDialog]")) {
      timer = setTimeout(compare, SETTLE_MS);
      return;
    }
    const scheme = getComputedStyle(inside).colorScheme;
    if (scheme !== data.scheme) setTriggerValue("scheme", scheme);
  };
  // A change of the theme replaces the classes of the page.
  const themes = new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(compare, SETTLE_MS);
  });
  themes.observe(app, {attributeFilter: ["class"]});
  return () => {
    clearTimeout(timer);
    themes.disconnect();
  };
}
