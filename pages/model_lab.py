"""Model lab: accuracy, cost and training data of every model."""

import streamlit as st

from ui.lab.compare import show_comparison
from ui.lab.data import show_data_sets
from ui.lab.face_parts import show_part_models
from ui.lab.models import choose_test, load_lab, show_models
from ui.lab.own_models import show_own
from ui.lab.search import show_search
from ui.lab.trial import show_trial
from ui.lab.try_one import show_try
from ui.shell.page import ensure_app

visitor = ensure_app("pages/model_lab.py")
st.title("Model lab", anchor=False)
st.caption("Accuracy, mistakes and cost of every installed model, measured on test pictures it was not trained on.")

lab = load_lab()
if not lab.names:
    st.warning("No model is installed.", icon=":material/warning:")
family, role = choose_test(lab)
models, compare, attempt, trial, own, parts, search, data_set = st.tabs(
    ["Models", "Compare", "Try it", "Your pictures", "Your models", "Face parts", "Search", "Data set"]
)
if lab.names:
    with models:
        show_models(lab, family, role)
    with compare:
        show_comparison(lab, family, role)
    with attempt:
        show_try(lab)
    with trial:
        show_trial(lab)
with own:
    show_own(lab, visitor)
with parts:
    show_part_models()
with search:
    show_search(lab, family, role)
with data_set:
    show_data_sets()
