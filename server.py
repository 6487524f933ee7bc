"""The app with its own server: videos and figures for operators besides. Run it with ``streamlit run server.py``."""

import streamlit as st

from emotion.monitoring.logs import set_up_logs
from ui.metrics import metrics_route
from ui.player.files import video_files
from ui.scripts import attending, note_error

set_up_logs()
app = st.App(
    "streamlit_app.py",
    routes=[video_files.route(), metrics_route()],
    lifespan=attending,
    on_script_error=note_error,
)
