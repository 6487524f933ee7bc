"""Styles that Streamlit's theme has no setting for, and changes of the theme."""

from __future__ import annotations

import streamlit as st

from ui.common.theme import colour_scheme
from ui.common.web_modules import component, keep_value

_mount = component("colour_scheme", __file__, "scheme")

# No accent colour has a contrast of 4.5 both to white text on it and as text on a dark page, so selected buttons and
# tabs use the colour of links.
_STYLE = """
<style>
[data-testid="stButtonGroup"] [data-selected="true"] p,
[data-testid="stButtonGroup"] [data-selected="true"] [data-testid="stIconMaterial"],
[data-testid="stTab"][aria-selected="true"] p,
[data-testid="stSliderThumbValue"] {
  color: light-dark(#4a3bc0, #b3a9ff);
}
[data-testid="stTopNavLink"]:focus-visible,
[data-testid="stSidebarNavLink"]:focus-visible,
[data-testid="stPageLink"] a:focus-visible,
[data-testid="stBaseButton-elementToolbar"]:focus-visible {
  outline: 3px solid light-dark(#5b4bd6, #b3a9ff) !important;
  outline-offset: -2px;
}
/* Tabs scroll, which would cut an outline around them. */
[data-testid="stTab"]:focus-visible {
  outline: 2px solid light-dark(#5b4bd6, #b3a9ff) !important;
  outline-offset: -2px;
  box-shadow: none;
}
/* Streamlit marks tabs that a mouse left earlier as focused once a key is pressed. */
[data-testid="stTab"][data-focus-visible]:not(:focus-visible) {
  outline: none !important;
  box-shadow: none;
}
[data-testid="stTab"][data-focus-visible]:not(:focus-visible, [aria-selected="true"]) p {
  color: light-dark(#10121f, #e9eaf2);
}
/* The theme's borders are too pale for an empty check box: graphics need a contrast of 3. */
[data-testid="stCheckbox"] label:not(:has(input:checked)) > div:first-of-type {
  border-color: light-dark(#73778a, #8a8fa3);
}
/* Names of models, which have at most 40 characters, do not break at their hyphens. */
[class*="st-key-model_names"] code {
  white-space: nowrap;
}
/* The formats that an uploader takes wrap on a phone instead of being cut. */
[data-testid="stFileUploaderDropzoneInstructions"] span {
  white-space: normal;
}
/* A calendar of years scrolls by itself, not the page. */
.st-key-calendar [data-testid="stElementContainer"]:has([data-testid="stVegaLiteChart"]) {
  overflow-x: auto;
}
/* On a phone, the open analysis has its own line. */
@media (max-width: 640px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-bar_title) {
    flex: 1 0 100% !important;
  }
}
</style>
"""


def show_style() -> None:
    """Add the styles to the page."""
    # Streamlit sets the scheme of the page alone; menus and dialogs stand outside of it, and light-dark() needs it.
    st.html(f"{_STYLE}<style>body {{ color-scheme: {colour_scheme()}; }}</style>")


def follow_scheme() -> None:
    """Run the page again when its theme changes, because charts and styles keep the colours that they were drawn in.

    Call it once per run, after the page.
    """
    _mount(key="colour_scheme", data={"scheme": colour_scheme()}, on_scheme_change=keep_value)
