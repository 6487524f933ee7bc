"""Model card: training data, accuracy per expression, weaknesses and limits of use of one model."""

import streamlit as st

import emotion
from emotion.errors import EmotionError
from ui.common.plain import plain
from ui.lab.model_card import show_model_card
from ui.shell.page import ensure_app

ensure_app("pages/model_card.py")
st.title("Model card", anchor=False)
st.caption("Training data, measured accuracy, weaknesses and limits of use, read from the model's own files.")
names = emotion.list_models()
if not names:
    st.warning("No model is installed.", icon=":material/warning:")
    st.stop()
name = st.selectbox("Model", names, key="model_card", bind="query-params", width=320)
try:
    show_model_card(name)
except EmotionError as error:
    st.error(plain(error), icon=":material/error:")
