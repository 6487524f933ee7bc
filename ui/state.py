"""What a visit holds. Widgets forget their values when the page changes; this does not."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ui.job import Job
from ui.model_draft import ModelDraft
from ui.pictures import Picture, Unreadable
from ui.trial_job import TrialJob

_PICTURES, _PENDING, _TRIAL, _DRAFT = "pictures", "pending_pictures", "trial_job", "model_draft"


def pictures() -> list[Picture | Unreadable]:
    """Return the pictures of this visit, the newest last."""
    shown: list[Picture | Unreadable] = st.session_state.setdefault(_PICTURES, [])
    return shown


def pending_pictures() -> list[tuple[str, bytes]]:
    """Return names and contents of pictures that wait for their analysis."""
    waiting: list[tuple[str, bytes]] = st.session_state.setdefault(_PENDING, [])
    return waiting


def clear_pictures() -> None:
    """Forget all pictures."""
    pictures().clear()
    pending_pictures().clear()


def trial_job() -> TrialJob | None:
    """Return the labelled pictures of this visit."""
    job: TrialJob | None = st.session_state.get(_TRIAL)
    return job


def set_trial_job(job: TrialJob | None) -> None:
    """Take other labelled pictures, or none; those before are deleted."""
    _replace(_TRIAL, job)


def model_draft() -> ModelDraft | None:
    """Return the model file of this visit that is not yet among the models."""
    draft: ModelDraft | None = st.session_state.get(_DRAFT)
    return draft


def set_model_draft(draft: ModelDraft | None) -> None:
    """Take another model file, or none; the one before is deleted."""
    _replace(_DRAFT, draft)


def _replace(key: str, job: Job | None) -> None:
    old: Job | None = st.session_state.get(key)
    if old is not None:
        old.close()
    st.session_state[key] = job


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
