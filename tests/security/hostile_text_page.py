"""A page with hostile texts, to test that a browser shows them literally."""

import streamlit as st

from tests.security.hostile_texts import TEXTS
from ui.common.plain import code, plain

for number, text in enumerate(TEXTS):
    for kind, shown in (("plain", plain(text)), ("bold", f"**{plain(text)}** · after"), ("code", code(text))):
        with st.container(key=f"{kind}{number}"):
            st.markdown(shown)
    with st.container(key=f"button{number}"):
        st.button(plain(text), key=f"press{number}")
st.markdown("Everything is shown.")
