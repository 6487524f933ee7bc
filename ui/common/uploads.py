"""Takes files from an uploader and empties it."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile


def uploader_key(name: str) -> str:
    """Return the current key of an uploader; :func:`take_uploads` changes it."""
    return f"{name}_{st.session_state.setdefault(f'{name}_count', 0)}"


def take_uploads(name: str) -> list[UploadedFile]:
    """Return an uploader's files and empty it, which frees the server's copy."""
    value = st.session_state.get(uploader_key(name))
    st.session_state[f"{name}_count"] += 1
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def close_menu(key: str) -> None:
    """Close the popover that an uploader is in, so that it does not cover the results.

    Args:
        key: Key of the popover; nothing happens if it is not on the page.
    """
    if key in st.session_state:
        st.session_state[key] = False
