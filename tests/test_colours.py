"""Colours that everyone can see: contrast in both themes, and differences with each kind of colour vision."""

from __future__ import annotations

import tomllib
from itertools import combinations

import numpy as np
import pytest
from PIL import ImageColor
from skimage.color import deltaE_ciede2000, rgb2lab

from emotion.charts.common import EDGE, HUE, STRONGEST, VIOLET
from emotion.charts.lab import MODEL_COLOURS
from emotion.drawing.boxes import relative_luminance, text_colour
from emotion.labels import ANSWER_COLOURS, COLOURS, EMOTIONS, INKS, SHORT, UNCLEAR
from tests.conftest import ROOT

TEXT, GRAPHICS = 4.5, 3.0
"""Minimum contrast of text (WCAG 2.2, 1.4.3) and of graphics (1.4.11)."""

THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]

CAPTION = 0.6
"""Opacity of Streamlit's captions (``fadedText60``)."""

# Lost cones in linear RGB (Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for Simulation of Color
# Vision Deficiency", severity 1.0).
COLOUR_VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, share: float, background: str) -> str:
    """Return a translucent colour over a background, mixed as in browsers."""
    over, under = (np.array(ImageColor.getrgb(one)) for one in (colour, background))
    return "#{:02X}{:02X}{:02X}".format(*np.round(share * over + (1 - share) * under).astype(int))


def seen_as(colour: str, vision: str) -> np.ndarray:
    """Return a colour in CIELAB as it appears with a kind of colour vision."""
    rgb = np.array(ImageColor.getrgb(colour)) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(COLOUR_VISION[vision] @ linear, 0, 1)
    return rgb2lab(np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055))


def test_every_answer_has_a_colour_and_letters_of_its_own():
    assert set(COLOURS) == set(EMOTIONS)
    assert set(ANSWER_COLOURS) == set(SHORT) == {*EMOTIONS, UNCLEAR}
    assert len(set(ANSWER_COLOURS.values())) == len(set(SHORT.values())) == 9


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", [*ANSWER_COLOURS.values(), *MODEL_COLOURS, EDGE, VIOLET])
def test_graphics_stand_out_from_the_page(colour, theme):
    assert contrast(colour, THEMES[theme]["backgroundColor"]) >= GRAPHICS


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("background", ["backgroundColor", "secondaryBackgroundColor"])
def test_captions_and_links_can_be_read(theme, background):
    page = THEMES[theme][background]
    assert contrast(mixed(THEMES[theme]["textColor"], CAPTION, page), page) >= TEXT
    assert contrast(THEMES[theme]["linkColor"], page) >= TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_accent_stands_out_and_carries_white_text(theme):
    accent = THEMES[theme]["primaryColor"]
    assert contrast(accent, THEMES[theme]["backgroundColor"]) >= GRAPHICS
    assert contrast(accent, "#FFFFFF") >= TEXT


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_figures_in_tinted_cells_can_be_read(theme, share):
    violet = "#{:02X}{:02X}{:02X}".format(*map(int, HUE.split(",")))
    cell = mixed(violet, STRONGEST * share, THEMES[theme]["backgroundColor"])
    assert contrast(THEMES[theme]["textColor"], cell) >= TEXT


@pytest.mark.parametrize("answer", ANSWER_COLOURS)
def test_text_on_an_expression_can_be_read(answer):
    assert contrast(ANSWER_COLOURS[answer], INKS[answer]) >= TEXT
    assert INKS[answer] == text_colour(ANSWER_COLOURS[answer])


@pytest.mark.parametrize("vision", COLOUR_VISION)
@pytest.mark.parametrize("pair", list(combinations(ANSWER_COLOURS, 2)), ids=" and ".join)
def test_two_colours_can_be_distinguished(pair, vision):
    one, other = (seen_as(ANSWER_COLOURS[answer], vision) for answer in pair)
    assert np.linalg.norm(one - other) > 15, "ΔE (CIE76); 10 is visible at a glance"
    assert deltaE_ciede2000(one, other) > 7


@pytest.mark.parametrize("pair", list(combinations(("disgust", "fear", "neutral", UNCLEAR), 2)), ids=" and ".join)
def test_four_colours_differ_with_deuteranopia(pair):
    one, other = (seen_as(ANSWER_COLOURS[answer], "deuteranopia") for answer in pair)
    assert np.linalg.norm(one - other) > 20
    assert deltaE_ciede2000(one, other) > 15


def test_the_simulation_is_that_of_the_paper():
    """White stays white; red and green of equal lightness become similar."""
    for vision in COLOUR_VISION:
        assert seen_as("#FFFFFF", vision) == pytest.approx([100, 0, 0], abs=0.5)
    full, lost = (np.linalg.norm(seen_as("#B4553C", v) - seen_as("#6E7A28", v)) for v in ("full", "deuteranopia"))
    assert lost < full / 3
