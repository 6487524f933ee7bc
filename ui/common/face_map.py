"""Shows a drawn face with its movements as a component, because ``st.html`` removes SVG."""

from __future__ import annotations

import streamlit as st

_JS = """
export default function show({parentElement, data}) {
  parentElement.querySelector(".face-map").innerHTML = data.svg;
}
"""
_CSS = ".face-map { color: var(--st-text-color, inherit); font-family: var(--st-font, sans-serif); text-align: center }"

_mount = st.components.v2.component("face_map", html='<div class="face-map"></div>', css=_CSS, js=_JS)


def show_face_map(svg: str, key: str) -> None:
    """Show an SVG element of :func:`emotion.drawing.face_map.face_map` in the theme's colours."""
    _mount(key=key, data={"svg": svg})
