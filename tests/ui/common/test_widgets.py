from __future__ import annotations

import pytest

from emotion.errors import count_text
from emotion.evaluation.scores import labels_title
from emotion.labels import UNCLEAR
from emotion.types import Progress
from ui.common.plain import plain
from ui.common.widgets import answer_chip, duration_text, progress_text, share_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (3.44, "3.4 s"), (75, "1:15"), (3723, "1:02:03"), (float("nan"), "–"), (-1, "–")],
)
def test_times_as_text(seconds, text):
    assert duration_text(seconds) == text


def test_numbers_of_things_as_text():
    assert count_text(1, "picture") == "1 picture"
    assert count_text(0, "picture") == "0 pictures"
    assert count_text(1234, "analysis", "analyses") == "1,234 analyses"


def test_shares_as_text():
    assert (share_text(0.256), share_text(None)) == ("26%", "–")


def test_progress_as_text():
    assert progress_text(None) == "Opening the file …"
    assert progress_text(Progress(50, 200, 2.0)) == "50 of about 200 frames · 25 frames/s · 6.0 s left"


def test_an_unclear_tag_has_stripes_and_a_tooltip():
    shares = {"fear": 0.3, "anger": 0.25}
    tag = answer_chip(UNCLEAR, shares, 0.4)
    assert ">unclear<" in tag
    assert 'title="Unclear: no expression reaches 40%' in tag
    assert "repeating-linear-gradient" in tag
    clear = answer_chip("fear", shares, 0.2)
    assert ">fear 30%<" in clear
    assert "title" not in clear
    assert "gradient" not in clear


def test_markdown_in_file_names_is_escaped():
    assert plain("a*b_[x](y).jpg") == r"a\*b\_\[x\]\(y\).jpg"


def test_test_set_names_state_labels_and_their_number():
    assert labels_title("ferplus") == "FER+ majority, 8 classes"
    assert labels_title("fer2013-anger-sadness-neutral") == "FER2013 original, 3 of 7 classes"
    assert labels_title("rafdb") == "RAF-DB, 7 classes"
    assert labels_title("mine") == "mine"
