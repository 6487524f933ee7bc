"""Inside the models: accuracy, mistakes, cost and training of every installed model; for developers."""

from collections.abc import Callable

import streamlit as st

from ui.common.plain import plain
from ui.lab.compare import show_comparison
from ui.lab.data import has_data_sets, show_data_sets
from ui.lab.face_parts import has_part_models, show_part_models
from ui.lab.missing import show_missing
from ui.lab.models import choose_test, load_lab, show_models
from ui.lab.own_models import show_own
from ui.lab.search import has_candidates, show_search
from ui.shell.page import ensure_app

visitor = ensure_app("pages/model_lab.py")
st.title("Inside the models", anchor=False)
st.caption("For developers: accuracy, mistakes and cost of every model, on test pictures that it was not trained on.")

lab = load_lab()
if not lab.names:
    st.warning("No model is installed.", icon=":material/warning:")
family, role = choose_test(lab)
views: dict[str, tuple[bool, Callable[[], None]]] = {
    "Models": (bool(lab.names), lambda: show_models(lab, family, role)),
    "Compare": (bool(lab.names), lambda: show_comparison(lab, family, role)),
    "Your models": (True, lambda: show_own(lab, visitor)),
    "Face parts": (has_part_models(), show_part_models),
    "Architecture search": (has_candidates(), lambda: show_search(lab, family, role)),
    "Training data": (has_data_sets(), show_data_sets),
}
# No tab for what this server does not have.
filled = {title: show for title, (is_there, show) in views.items() if is_there}
for tab, show in zip(st.tabs([plain(title) for title in filled]), filled.values(), strict=True):
    with tab:
        show()
show_missing()
