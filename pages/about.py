"""About: accuracy and training data of the models, access, privacy and licences."""

import streamlit as st

from ui.access import access_summary
from ui.lab.model_facts import show_models
from ui.shell.page import ensure_app

PRIVACY = """
- Pictures and videos are analysed on the machine that runs this app. Nothing is sent to a third party.
- Pictures stay in the memory of your session. A video is a temporary file, deleted when you clear it or your session
  ends, unless you keep it in the library. Camera frames are dropped once analysed, unless you record a clip.
- Timelines of videos and recordings stay in the library until you delete them or their retention period ends.
- No tracking cookies, no usage statistics.
"""

LICENCES = """
- Face detection and the face mesh are Google's MediaPipe models (Apache 2.0).
- The sample portrait is NASA's of the astronaut Eileen Collins, in the public domain, from scikit-image.
- The demo's second portrait is the US Navy's of Grace Hopper, in the public domain, from Matplotlib.
- The colours are those of Okabe and Ito, chosen so that people with colour-vision deficiencies can tell them apart.
"""


visitor = ensure_app("pages/about.py")
st.title("About", anchor=False)
st.subheader("Models", anchor=False)
show_models()
st.subheader("Access", anchor=False)
st.markdown(access_summary(sign_in=visitor.signed_in))
st.subheader("Privacy", anchor=False)
st.markdown(PRIVACY)
st.subheader("Licences and sources", anchor=False)
st.markdown(LICENCES)
