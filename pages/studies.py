"""Studies: participants × stimuli, results across people, and files for other programs."""

import streamlit as st

from emotion.library.studies import StudyRepository
from ui.access.library import library_or_stop
from ui.shell.page import ensure_app
from ui.studies.choose import choose_study
from ui.studies.view import show_study
from ui.video.queue import show_queue

ensure_app("pages/studies.py")
st.title("Studies", anchor=False)
st.caption("Compares people over stimuli: means, curves with intervals across people, contrasts, and files to publish.")
library = library_or_stop()
show_queue(library)
studies = StudyRepository(library)
study = choose_study(studies)
if study is not None:
    show_study(studies, study)
