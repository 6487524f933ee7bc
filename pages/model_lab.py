"""Inside the models: accuracy, mistakes, cost and training of every installed model; for developers."""

from collections.abc import Callable

import streamlit as st

from ui.common.widgets import kept_tabs
from ui.lab import data, face_parts, search
from ui.lab.compare import show_comparison
from ui.lab.missing import show_missing
from ui.lab.models import load_lab, show_models
from ui.lab.own_models import show_own
from ui.shell.page import ensure_app

visitor = ensure_app("pages/model_lab.py")
st.title("Inside the models", anchor=False)
st.caption("For developers: accuracy, mistakes and cost of every model, on test pictures that it was not trained on.")

lab = load_lab()
if not lab.names:
    st.warning("No model is installed.", icon=":material/warning:")
# Views without data have no tab, but a text that says how to get the data.
views: dict[str, tuple[Callable[[], None], bool, str]] = {
    "Models": (lambda: show_models(lab), bool(lab.names), ""),
    "Compare": (lambda: show_comparison(lab), bool(lab.names), ""),
    "Your models": (lambda: show_own(lab, visitor), True, ""),
    "Face parts": (face_parts.show_part_models, face_parts.has_part_models(), face_parts.HOW),
    "Architecture search": (lambda: search.show_search(lab), search.has_candidates(), search.HOW),
    "Training data": (data.show_data_sets, data.has_data_sets(), data.HOW),
}
shown = {title: show for title, (show, has_data, _) in views.items() if has_data}
for tab, show in zip(kept_tabs(list(shown), "lab_tabs"), shown.values(), strict=True):
    with tab:
        show()
show_missing({title: how for title, (_, has_data, how) in views.items() if how and not has_data})
