"""Takes files from uploaders with their own names; locks, so that only one run of a session works on them at a time."""

from __future__ import annotations

import threading
from typing import TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from emotion.web.form_names import form_name

_creating = threading.Lock()

Uploaded = TypeVar("Uploaded", UploadedFile, UploadedFile | None, list[UploadedFile])
"""What an uploader returns."""


def uploader_key(name: str) -> str:
    """Return the current key of an uploader; :func:`take_uploads` changes it."""
    return f"{name}_{st.session_state.setdefault(f'{name}_count', 0)}"


def take_uploads(name: str) -> list[UploadedFile]:
    """Return an uploader's files and empty it, which frees the server's copy."""
    value = st.session_state.get(uploader_key(name))
    st.session_state[f"{name}_count"] += 1
    if value is None:
        return []
    files: list[UploadedFile] = value if isinstance(value, list) else [value]
    return named(files)


def named(uploaded: Uploaded) -> Uploaded:
    """Return what ``st.file_uploader`` returned, with the names that the files have on their computers.

    Every uploader's result goes through here or through :func:`take_uploads`.
    """
    files = uploaded if isinstance(uploaded, list) else [uploaded]
    for file in files:
        if file is not None:
            file.name = form_name(file.name)
    return uploaded


def session_lock(name: str = "uploads") -> threading.Lock:
    """Return one of the session's locks, by default the one for long work on uploads.

    After a click, Streamlit starts the next run of the script at once. The previous run stops only when it next uses
    Streamlit, so two runs can execute the same code. After acquiring the lock, check again what is left to do.

    A callback may acquire a lock only if no holder uses Streamlit, because the holder could wait for the session state.
    """
    with _creating:
        lock: threading.Lock = st.session_state.setdefault(f"{name}_lock", threading.Lock())
    return lock


def close_menu(key: str) -> None:
    """Close the popover that an uploader is in, so that it does not cover the results.

    Args:
        key: Key of the popover; nothing happens if it is not on the page.
    """
    if key in st.session_state:
        st.session_state[key] = False
