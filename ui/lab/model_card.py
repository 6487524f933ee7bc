"""Shows a model card, with downloads as Markdown and HTML."""

from __future__ import annotations

import streamlit as st

from emotion.errors import DatasetError
from emotion.evaluation.cards.content import model_document
from emotion.evaluation.cards.document import Document, Section
from emotion.evaluation.cards.render import section_html, to_html, to_markdown
from ui.common.plain import plain
from ui.lab.data import DATASETS, find_facts, load_facts

_OPEN = ("Accuracy", "Known weaknesses", "When not to use it")
"""Titles of sections that are open at first."""

# Text inherits the theme's colour; lines mix it with transparency.
_STYLE = """<style>
.card .scroll { overflow-x: auto }
.card table { border-collapse: collapse; margin: .2rem 0 1.2rem; font-size: .92rem }
.card .heading { font-weight: 600; margin: 0 0 .2rem }
.card th, .card td { padding: .3rem .9rem .3rem 0; border: 0; text-align: right; white-space: nowrap;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); font-variant-numeric: tabular-nums }
.card th:first-child { text-align: left; font-weight: 500 }
.card thead th, .card thead th:first-child { font-weight: 600 }
.card .pairs td { text-align: left; white-space: normal; overflow-wrap: anywhere }
.card .pairs th { vertical-align: top; white-space: normal; width: 40%; max-width: 18rem }
.card .prose { text-align: left; white-space: normal }
.card .note { font-size: .92rem; opacity: .8 }
.card li { margin-bottom: .35rem }
@media (max-width: 44rem) {
  .card table.stacks, .card .stacks tbody, .card .stacks tr, .card .stacks th, .card .stacks td { display: block;
    width: 100% }
  .card .stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .card .stacks tbody th { border: 0; padding: .8rem 0 .2rem; font-weight: 600; white-space: normal }
  .card .stacks td { display: flex; justify-content: space-between; gap: 1rem; padding: .25rem 0; white-space: normal }
  .card .stacks td.prose { text-align: right }
  .card .stacks td::before { content: attr(data-column); opacity: .75; text-align: left }
}
</style>"""


def show_model_card(name: str) -> None:
    """Show the card of a model.

    Raises:
        EmotionError: The model is unknown, or one of its files is damaged.
    """
    document = model_document(name, _facts())
    st.subheader(plain(document.title), anchor=False)
    st.markdown(plain(document.lead))
    _show_downloads(name, document)
    for section in document.sections:
        with st.expander(f"**{plain(section.title)}**", expanded=section.title in _OPEN):
            show_section(section)


def show_section(section: Section) -> None:
    """Show a section's text, lists and tables, without its title."""
    st.html(f'{_STYLE}<div class="card">{section_html(section)}</div>')


def _show_downloads(name: str, document: Document) -> None:
    with st.container(horizontal=True):
        for label, text, ending, kind in (
            ("Markdown", to_markdown(document), "md", "text/markdown"), ("HTML", to_html(document), "html", "text/html")
        ):  # fmt: skip
            st.download_button(
                label, text, f"{name}.card.{ending}", kind, icon=":material/download:", on_click="ignore",
                key=f"model_card_{ending}",
            )  # fmt: skip


def _facts() -> dict[str, dict]:
    """Return the facts of data sets measured on this machine; damaged files are reported and skipped."""
    found = {}
    for name, file in find_facts(DATASETS).items():
        try:
            found[name] = load_facts(file)
        except DatasetError as error:
            st.error(plain(error), icon=":material/error:")
    return found
