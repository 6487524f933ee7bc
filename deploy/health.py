"""Ends with 0 if the app of this machine answers that it is well, below the path at which it is served."""

import os
import urllib.request

port = os.environ.get("STREAMLIT_SERVER_PORT") or "8501"
path = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}{'/' if path else ''}_stcore/health", timeout=4)
