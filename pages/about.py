"""About: how often the app is right, what its models learned from, who may enter, privacy and licences."""

import streamlit as st

from ui.access import who_may_enter
from ui.lab.model_facts import show_models
from ui.shell.page import ensure_app

PRIVACY = """
- Pictures and videos are analysed on the machine that runs this app. Nothing is sent to a third party.
- Pictures live in the memory of your session. A video is a temporary file that is deleted when you clear or
  replace it, or when your session ends. A camera's pictures are gone as soon as they were analysed, unless you record a
  clip.
- No cookies for tracking, no usage statistics.
"""

LICENCES = """
- Face detection and the face mesh are Google's MediaPipe models (Apache 2.0).
- The sample portrait is NASA's of the astronaut Eileen Collins, in the public domain, from scikit-image.
- The colours are those of Okabe and Ito, chosen so that people with colour-vision deficiencies can tell them apart.
"""


visitor = ensure_app("pages/about.py")
st.title("About", anchor=False)
st.subheader("Models", anchor=False)
show_models()
st.subheader("Access", anchor=False)
st.markdown(who_may_enter(shut=visitor.signed_in))
st.subheader("Privacy", anchor=False)
st.markdown(PRIVACY)
st.subheader("Licences and sources", anchor=False)
st.markdown(LICENCES)
