"""Files taken from an uploader."""

from __future__ import annotations

import ast

import pytest
from streamlit.testing.v1 import AppTest

from emotion.paths import ROOT


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


def one_file_page() -> None:
    import streamlit as st

    from ui.common import uploads

    upload = uploads.named(st.file_uploader("File"))
    st.session_state["name"] = upload and upload.name


def test_a_file_that_stays_in_its_uploader_has_its_name_too():
    test = AppTest.from_function(one_file_page).run()
    assert test.session_state["name"] is None
    test.file_uploader[0].set_value(("a %22log%22.csv", b"1", "text/csv")).run()
    assert not test.exception
    assert test.session_state["name"] == 'a "log".csv'


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/*.py")]), ids=lambda path: path.stem
)
def test_every_uploader_gives_files_their_names(path):
    """Either a callback takes the files, or the result goes through ``named``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    through = {id(argument) for call in calls if ast.unparse(call.func).endswith("named") for argument in call.args}
    for call in calls:
        if ast.unparse(call.func).endswith("file_uploader"):
            taken = any(keyword.arg == "on_change" for keyword in call.keywords)
            assert taken or id(call) in through, f"expected named(…) around the uploader in line {call.lineno}"
