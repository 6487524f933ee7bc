"""Video: upload one or try the sample; see who showed what, and when."""

import io

import streamlit as st

from emotion.samples import SAMPLE_NAME
from ui import state
from ui.resources import analyzer_or_stop, sample_clip
from ui.shell import ensure_app
from ui.video_job import VideoJob
from ui.video_result import show_analysis
from ui.widgets import CONSENT, hints, plain, progress_text

TYPES = ["mp4", "m4v", "mov", "avi", "mkv", "webm"]
STEPS = {1: "Every frame", 2: "Every 2nd frame", 5: "Every 5th frame", 10: "Every 10th frame"}

WHAT_YOU_GET = (
    (":material/timeline:", "A timeline", "Who shows which expression, and when. Click a moment to see its frame."),
    (":material/donut_large:", "Shares", "How much of the time each expression leads, and the smile index."),
    (":material/table_view:", "A table", "Every face in every frame, as CSV or Parquet, for your own analysis."),
)


def take_upload() -> None:
    for upload in state.take_uploads("video_upload"):
        state.set_video_job(VideoJob(upload.name, upload))


def take_sample() -> None:
    state.set_video_job(VideoJob(f"{SAMPLE_NAME}.mp4", io.BytesIO(sample_clip())))


def choose_video() -> int:
    st.file_uploader(
        "Video",
        TYPES,
        key=state.uploader_key("video_upload"),
        on_change=take_upload,
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Try the sample", icon=":material/auto_awesome:", on_click=take_sample)
        if state.video_job():
            st.button("Clear", icon=":material/delete:", on_click=state.set_video_job, args=(None,))
        return st.selectbox("Analyse", STEPS, format_func=STEPS.__getitem__, label_visibility="collapsed", width=180)


@st.fragment(run_every=0.5)
def follow(job: VideoJob) -> None:
    if not job.running:
        st.rerun()
    share = job.progress.share if job.progress else 0.0
    with st.container(border=True):
        st.progress(share, f"**{job.phase.value}** · {progress_text(job.progress)}")
        st.button("Stop and keep what is done", icon=":material/stop:", on_click=job.cancel)


ensure_app("pages/video.py")
st.title("Video", anchor=False)
st.caption(f"Every face is followed, frame by frame. {CONSENT} The file is deleted when you clear it or leave.")
every = choose_video()

job = state.video_job()
if job is None:
    hints(WHAT_YOU_GET)
else:
    if not job.started:
        job.start(analyzer_or_stop(), every)
    if job.running:
        follow(job)
    elif job.analysis is None:
        st.error(plain(job.error), icon=":material/broken_image:")
    else:
        st.subheader(plain(job.name), anchor=False)
        show_analysis(job, job.analysis)
