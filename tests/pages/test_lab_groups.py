"""Groups of people in the lab's *Labelled pictures*."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pages.test_lab_trial import give, smile, two_models, zipped
from tests.pages.test_pages import texts
from ui.common.resources import encode_png

__all__ = ["smile", "two_models"]  # fixtures


@pytest.mark.slow
def test_groups_of_a_zip_are_compared(smile):
    files = {f"lucky/happy/{number}.png": smile for number in range(8)}
    files |= {f"unlucky/sad/{number}.png": smile for number in range(8)}
    files |= {"lucky/sad/x.png": smile, "unlucky/happy/y.png": smile}
    files |= {"unlucky/happy/nobody.png": encode_png(np.full((200, 200, 3), 128, np.uint8))}
    test = give(zipped(files))
    groups = next(one.value for one in test.dataframe if "Group" in one.value)
    assert groups["Group"].tolist() == ["lucky", "unlucky"]
    assert groups["Judged"].tolist() == [9, 9]
    assert [text.partition(" ")[0] for text in groups["Accuracy"]] == ["88.9%", "11.1%"]
    assert [text.partition(" ")[0] for text in groups["Expected"]] == ["88.9%", "11.1%"]
    not_found = [text.partition(" ")[0] for text in groups["Faces not found"]]
    assert not_found == ["–", "100.0%"], "of photographs, not of faces"
    words = texts(test)
    assert "No significant difference between the groups" in words, "both groups have equal recall for each expression"
    assert "Fewer than 30 pictures of lucky" in words
    tests = next(one.value for one in test.dataframe if "Difference in" in one.value)
    assert tests["Difference in"].tolist()[0] == "accuracy"


@pytest.mark.slow
def test_without_groups_the_page_explains_them(smile):
    test = give(zipped({"happy/1.png": smile, "sad/2.png": smile}))
    assert "add group folders" in texts(test)
    assert not [one for one in test.dataframe if "Group" in one.value]
