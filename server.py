"""The app with its own server, which also serves the videos. Run it with ``streamlit run server.py``."""

import streamlit as st

from ui.player.files import video_files

app = st.App("streamlit_app.py", routes=[video_files.route()])
