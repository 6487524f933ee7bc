"""Model card: training data, accuracy per expression, weaknesses and limits of use of one model."""

import streamlit as st

import emotion
from emotion.errors import EmotionError
from emotion.models.offered import full_name
from ui.common.plain import plain
from ui.lab.model_card import show_model_card
from ui.shell.page import ensure_app

ensure_app("pages/model_card.py")
st.title("Model card", anchor=False)
st.caption("Accuracy, weaknesses, limits of use and training data of one model, from its own files.")
names = emotion.list_models()
if not names:
    st.warning("No model is installed.", icon=":material/warning:")
    st.stop()
name = st.selectbox("Model", names, format_func=full_name, key="model_card", bind="query-params", width=420)
try:
    show_model_card(name)
except EmotionError as error:
    st.error(plain(error), icon=":material/error:")
