"""The app with its own server: access guard, HTTP API, videos, metrics. Run with ``streamlit run server.py``."""

# Before all else: aiortc loads pylibsrtp, which crashes a process that has loaded TensorFlow (for a gRPC model server).
import aiortc  # noqa: F401
import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from emotion.limits import max_upload_mb
from emotion.telemetry.logs import set_up_logs
from ui.access import Guard, LoginRedirect, MessageGuard, OriginGuard, SecurityHeaders, UploadGuard
from ui.player.files import video_files
from ui.shell.api_route import api_route
from ui.shell.lifespan import lifespan
from ui.shell.metrics_route import metrics_route

set_up_logs()
# Streamlit then refuses files in the browser that the library would refuse after the upload.
config.set_option("server.maxUploadSize", max_upload_mb(), "EMOTION_MAX_UPLOAD_MB")
app = st.App(
    "streamlit_app.py",
    routes=[video_files.route(), metrics_route(), api_route()],
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(OriginGuard),
        Middleware(MessageGuard),
        Middleware(UploadGuard),
        Middleware(Guard),
        Middleware(LoginRedirect),
    ],
    lifespan=lifespan,
)
