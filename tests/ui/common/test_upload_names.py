"""Files taken from an uploader."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def uploader_page() -> None:
    import streamlit as st

    from ui.common import uploads

    def take() -> None:
        st.session_state["names"] = [file.name for file in uploads.take_uploads("up")]

    st.file_uploader("Files", accept_multiple_files=True, key=uploads.uploader_key("up"), on_change=take)


def test_quotation_marks_in_names_are_those_of_the_file():
    test = AppTest.from_function(uploader_page).run()
    # As a browser sends them.
    files = [("say %22hi%22.mp4", b"1", "video/mp4"), ("50% off.mp4", b"2", "video/mp4")]
    test.file_uploader[0].set_value(files).run()
    assert not test.exception
    assert test.session_state["names"] == ['say "hi".mp4', "50% off.mp4"]
