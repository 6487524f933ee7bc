"""The count of faces that are rejected as upside down."""

from __future__ import annotations

import cv2
import numpy as np

from bench.faces.pictures import Picture
from bench.faces.upside_down import measure_upside_down
from emotion.samples import sample_image


def test_a_portrait_is_kept_and_its_turned_copy_rejected():
    held = np.full((512, 512, 3), 128, np.uint8)
    held[:410, :410] = cv2.resize(sample_image(), (410, 410), interpolation=cv2.INTER_AREA)
    found = measure_upside_down([Picture("portraits", "a", held), Picture("nobody", "b", np.full_like(held, 128))])
    assert found["portraits"] == {
        "pictures": 1, "upright": 1, "upright_rejected": 0, "turned": 1, "turned_rejected": 1
    }  # fmt: skip
    assert found["nobody"] == {"pictures": 1} | dict.fromkeys(list(found["portraits"])[1:], 0)
