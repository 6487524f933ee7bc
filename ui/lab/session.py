"""What a visit holds of the model lab. Widgets forget their values when the page changes; this does not."""

from __future__ import annotations

import streamlit as st

from ui.common.background import UploadJob
from ui.lab.pending_model import PendingModel
from ui.lab.trial_job import TrialJob

_TRIAL, _DRAFT = "trial_job", "pending_model"


def trial_job() -> TrialJob | None:
    """Return the labelled pictures of this visit."""
    job: TrialJob | None = st.session_state.get(_TRIAL)
    return job


def set_trial_job(job: TrialJob | None) -> None:
    """Take other labelled pictures, or none; those before are deleted."""
    _replace(_TRIAL, job)


def pending_model() -> PendingModel | None:
    """Return the model file of this visit that is not yet among the models."""
    draft: PendingModel | None = st.session_state.get(_DRAFT)
    return draft


def set_pending_model(draft: PendingModel | None) -> None:
    """Take another model file, or none; the one before is deleted."""
    _replace(_DRAFT, draft)


def _replace(key: str, job: UploadJob | None) -> None:
    old: UploadJob | None = st.session_state.get(key)
    if old is not None:
        old.close()
    st.session_state[key] = job
