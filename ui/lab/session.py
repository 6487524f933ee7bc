"""Session state of the lab's pages, which survives page changes, unlike widgets."""

from __future__ import annotations

import streamlit as st

from ui.common.background import UploadJob
from ui.lab.pending_model import PendingModel
from ui.lab.trial_job import TrialJob

_TRIAL, _PENDING = "trial_job", "pending_model"


def trial_job() -> TrialJob | None:
    """Return this session's test on labelled pictures."""
    job: TrialJob | None = st.session_state.get(_TRIAL)
    return job


def set_trial_job(job: TrialJob | None) -> None:
    """Replace the labelled pictures, or remove them; the previous ones are deleted."""
    _replace(_TRIAL, job)


def pending_model() -> PendingModel | None:
    """Return this session's uploaded model file that is not yet added."""
    pending: PendingModel | None = st.session_state.get(_PENDING)
    return pending


def set_pending_model(pending: PendingModel | None) -> None:
    """Replace the model file, or remove it; the previous one is deleted."""
    _replace(_PENDING, pending)


def _replace(key: str, job: UploadJob | None) -> None:
    old: UploadJob | None = st.session_state.get(key)
    if old is not None:
        old.close()
    st.session_state[key] = job
