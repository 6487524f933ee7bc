"""Exits with 0 if the app on this machine reports that it is healthy, at the base path of its settings."""

import os
import urllib.request

port = os.environ.get("STREAMLIT_SERVER_PORT") or "8501"
path = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}{'/' if path else ''}_stcore/health", timeout=4)
