"""Files dropped on an uploader, taken once."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile


def uploader_key(name: str) -> str:
    """Return the key of an uploader that :func:`take_uploads` empties."""
    return f"{name}_{st.session_state.setdefault(f'{name}_count', 0)}"


def take_uploads(name: str) -> list[UploadedFile]:
    """Return what was dropped on an uploader and empty it, so that the server's copy is given up."""
    value = st.session_state.get(uploader_key(name))
    st.session_state[f"{name}_count"] += 1
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
