"""Test on my pictures: the models' answers for a photo, and their scores on labelled pictures."""

import streamlit as st

from ui.common.widgets import kept_tabs
from ui.lab.models import choose_models, load_lab
from ui.lab.trial import show_trial
from ui.lab.try_one import show_try
from ui.shell.page import ensure_app

ensure_app("pages/model_test.py")
st.title("Test on my pictures", anchor=False)
st.caption("See how well the models do on pictures like yours, before you rely on them.")
lab = load_lab()
if not lab.names:
    st.warning("No model is installed.", icon=":material/warning:")
    st.stop()
names = choose_models(lab)
one, many = kept_tabs(["One photo", "Labelled pictures"], "test_tabs")
with one:
    show_try(lab, names)
with many:
    show_trial(lab, names)
