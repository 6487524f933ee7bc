"""Test on my pictures: evaluates models on the visitor's labelled pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import attrgetter
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from emotion.charts.record import confusion_chart
from emotion.csv_text import csv_bytes
from emotion.errors import ModelError, count_text
from emotion.evaluation.user_evaluation.judge import answers, limited_choice, overview, worst_mistakes
from emotion.evaluation.user_evaluation.run import Framing, UserEvaluation
from emotion.labels import CODES, display_order
from emotion.models.offered import plain_name
from ui.common import uploads
from ui.common.charts import show_chart
from ui.common.errors import fragment, run_action, show_failure
from ui.common.plain import about_file, plain
from ui.common.shares import share_column, whole_percent
from ui.common.widgets import CONSENT, chip, progress_text
from ui.lab import session
from ui.lab.groups import show_groups
from ui.lab.models import Lab, ask_shares, load_face_finder, show_figures
from ui.lab.trial_job import TrialJob
from ui.shell.notice import show_notice

_UPLOAD, _REFUSED = "trial_upload", "trial_refused"
_MISTAKES = 24
_WORDS = ""
_CODE_TITLES = {
    _WORDS: "Words, such as happy",
    "fer2013": "FER2013 numbers",
    "ferplus": "FER+ numbers",
    "affectnet": "AffectNet numbers",
    "rafdb": "RAF-DB numbers",
}

_LAYOUT = """faces.zip
├── happy/    001.jpg  002.jpg  …
├── sad/      …
└── angry/    …"""


def show_trial(lab: Lab, names: Sequence[str]) -> None:
    """Let the visitor upload a zip of class folders; show the results of some models.

    Args:
        lab: The installed models.
        names: The models to evaluate.
    """
    st.caption(
        f"Upload a zip with one folder per expression to measure accuracy on your pictures. {CONSENT} "
        "The zip is deleted when you clear it or leave."
    )
    st.file_uploader(
        "Zip of class folders", ["zip"], key=uploads.uploader_key(_UPLOAD), on_change=_take_upload,
        label_visibility="collapsed",
    )  # fmt: skip
    show_failure(_REFUSED)
    framing, codes = _choose()
    job = session.trial_job()
    if job is None:
        st.markdown("Folders may be nested; the innermost folder that names an expression counts.")
        st.code(_LAYOUT, language=None)
        return
    try:
        find_face = load_face_finder(lab)
    except ModelError as error:
        st.error(plain(error), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if not job.running and job.started:
            st.button(
                "Run again", icon=":material/replay:", on_click=job.start, args=(names, find_face, framing, codes),
                help="With the models and settings above", disabled=not names,
            )  # fmt: skip
        st.button("Clear", icon=":material/delete:", on_click=session.set_trial_job, args=(None,), key="trial_clear")
    if not job.started and not show_notice(key="lab_trial_notice"):
        return
    if not job.started:
        if not names:
            return
        job.start(names, find_face, framing, codes)
    if job.running:
        _show_progress(job)
    elif job.trial is None:
        st.error(about_file(job.error, job.name), icon=":material/folder_off:")
    else:
        _show_result(job, job.trial, codes)


def _take_upload() -> None:
    for upload in uploads.take_uploads(_UPLOAD):
        run_action(_REFUSED, partial(_take, upload))


def _take(upload: UploadedFile) -> None:
    session.set_trial_job(TrialJob(upload.name, upload))


def _choose() -> tuple[Framing, str | None]:
    with st.container(horizontal=True, gap="medium"):
        framing = st.selectbox(
            "Image type", list(Framing), key="trial_framing", persist_state="session", width=220,
            format_func=attrgetter("value"),
            help="Photographs: the largest face is found and aligned. Cropped faces are used as they are.",
        )  # fmt: skip
        codes = st.selectbox(
            "Folders are named by", [_WORDS, *CODES], key="trial_codes", persist_state="session", width=240,
            format_func=_CODE_TITLES.__getitem__,
        )  # fmt: skip
    return framing or Framing.BY_SIZE, codes or None


@fragment(run_every=0.5)
def _show_progress(job: TrialJob) -> None:
    if not job.running:
        st.rerun()
    with st.container(border=True):
        st.progress(job.progress.share if job.progress else 0.0, progress_text(job.progress, "pictures"))
        st.button("Stop and keep the results so far", icon=":material/stop:", on_click=job.cancel, key="trial_stop")


def _show_result(job: TrialJob, trial: UserEvaluation, codes: str | None) -> None:
    st.subheader(plain(job.name), anchor=False)
    for reason in job.refused.values():
        st.error(plain(reason), icon=":material/error:")
    if not trial.cards:
        return
    st.caption(plain(_summary(trial)))
    if trial.note:
        st.warning(plain(trial.note), icon=":material/content_cut:")
    _show_unread(trial)
    if not trial.names:
        st.info("No picture could be evaluated.", icon=":material/no_accounts:")
        return
    table = overview(job.records)
    show_figures(table.assign(model=[plain_name(name) for name in table["model"]]))
    model = st.selectbox(
        "Model", list(trial.cards), key="trial_model", persist_state="session", format_func=plain_name, width=300
    )
    if limit := limited_choice(trial, model):
        st.caption(plain(limit))
    record = job.records[model]
    if record is None:
        st.info("This model has labels for fewer than two of these expressions.", icon=":material/help:")
        return
    _show_record(record)
    answered = answers(trial, model)
    st.download_button(
        "Every answer as CSV", csv_bytes(answered.drop(columns="picture")), f"{job.stem}.{model}.answers.csv",
        "text/csv", icon=":material/download:", on_click="ignore", key="trial_csv",
    )  # fmt: skip
    show_groups(trial, model, codes, job.stem)
    _show_mistakes(trial, answered)


def _summary(trial: UserEvaluation) -> str:
    parts = [
        f"{len(trial.names):,} of {trial.files:,} pictures evaluated",
        ", ".join(display_order(trial.label_set.labels)),
    ]
    if trial.unlabelled:
        parts.append(f"{count_text(trial.unlabelled, 'picture')} in no folder of an expression")
    if trial.others:
        parts.append(f"{count_text(trial.others, 'file')} without a picture's ending left out")
    return " · ".join(parts)


def _show_unread(trial: UserEvaluation) -> None:
    if trial.unread:
        with st.expander(
            f"{count_text(len(trial.unread), 'picture')} could not be evaluated", icon=":material/broken_image:"
        ):
            rows = pd.DataFrame([(one.name, one.reason) for one in trial.unread], columns=["File", "Why"])
            st.dataframe(rows, hide_index=True)


def _show_record(record: dict[str, Any]) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        shares = ask_shares("trial_unit")
        show_chart(confusion_chart(record, shares=shares), "trial_confusion", "confusion")
    scores = pd.DataFrame(record["per_class"])[list(display_order(record["per_class"]))].T.rename_axis("Expression")
    right.dataframe(
        whole_percent(scores, "precision", "recall", "f1"),
        column_config={
            "precision": share_column("Precision", "Share of these answers that are right", width="small"),
            "recall": share_column("Recall", "Share of these faces that are found", width="small"),
            "f1": share_column("F1", "Harmonic mean of precision and recall", width="small"),
            "support": st.column_config.NumberColumn("Faces", format="%d", width="small"),
        },
    )


def _show_mistakes(trial: UserEvaluation, table: pd.DataFrame) -> None:
    mistakes = worst_mistakes(table, _MISTAKES)
    st.subheader("Worst mistakes", anchor=False)
    if mistakes.empty:
        st.success("No wrong answers.", icon=":material/check_circle:")
        return
    wrong = int((~table["right"]).sum())
    st.caption(f"The most confident of {wrong:,} wrong answers out of {len(table):,}. Some may be wrong labels.")
    with st.container(horizontal=True, gap="small"):
        for mistake in mistakes.to_dict("records"):
            with st.container(border=True, width=172):
                answer, truth = mistake["answered"], mistake["true"]
                st.image(trial.thumbnails[mistake["picture"]], width="stretch", alt=f"A face labelled {truth}")
                text = f"{answer} {mistake['probability']:.0%}"
                st.html(f"{chip(answer, text)}<br>not {chip(truth)}")
                st.caption(plain(mistake["file"]))
