"""A methods paragraph for publications: program, model, settings and versions of one analysis."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from emotion.analytics.apply import excluded_spans, within
from emotion.analytics.edits import Edits
from emotion.errors import count_text
from emotion.labels import display_order
from emotion.models.registry import find_card
from emotion.publication.citation import TITLE, citation
from emotion.types import LIVE_CODEC, Analysis
from emotion.version import program_version

_DETECTORS = {"blazeface": "BlazeFace", "haar": "the Haar cascade of OpenCV"}

_PACKAGES = {"ai-edge-litert": "LiteRT", "opencv-python-headless": "OpenCV", "av": "PyAV", "numpy": "NumPy"}
"""Packages whose versions can change a figure, and their display names."""


def methods_text(analysis: Analysis, edits: Edits | None = None) -> str:
    """Return how an analysis was made, as a paragraph for a paper.

    Args:
        analysis: The analysis, with or without its edits applied; the text is the same.
        edits: Its edits: excluded events and baselines are named.
    """
    sentences = [
        f"Facial expressions were measured with {TITLE}, version {program_version()}.",
        _faces(analysis),
        _model(analysis),
        _unclear(analysis),
        _sampling(analysis, edits or Edits()),
        _edited(edits or Edits()),
        f"Versions: {_versions()}.",
        "Figures describe displayed expressions, not what a person felt.",
        f"Citation: {citation()}",
    ]
    return " ".join(filter(None, sentences))


def _faces(analysis: Analysis) -> str:
    detector = str(analysis.settings.get("detector", "blazeface"))
    return (
        f"Faces were detected with {_DETECTORS.get(detector, detector)}, confirmed and followed with MediaPipe's "
        "468-point face mesh, and aligned by their landmarks."
    )


def _model(analysis: Analysis) -> str:
    labels = ", ".join(display_order(analysis.labels))
    card = find_card(analysis.model)
    if card is None:
        return f"Each face was classified by the model {analysis.model} ({labels})."
    return (
        f"Each face was classified by the model {card.name} ({card.parameters:,} parameters, input "
        f"{card.input_size} × {card.input_size} px, temperature {card.temperature:g}; SHA-256 {card.sha256}), which "
        f"gives probabilities of {len(card.labels)} expressions ({labels})."
    )


def _unclear(analysis: Analysis) -> str:
    limit = analysis.abstain_below
    if limit <= 0:
        return "The most probable expression was taken as the answer."
    slopes = " (higher for turned, small and uncertain faces)" if limit.slopes else ""
    return f"Answers with a probability below {float(limit):.0%}{slopes} count as unclear."


def _sampling(analysis: Analysis, edits: Edits) -> str:
    chosen, info = analysis.settings, analysis.info
    frames = f"{_frames(analysis, edits)}{'' if analysis.complete else ' (incomplete)'}"
    if info.codec == LIVE_CODEC:
        return (
            f"A live picture ({info.width} × {info.height} px, {info.duration_s:.1f} s) was analysed while it was "
            f"received, as many frames as time allowed: {frames}, {info.fps:.4g} frames/s on average."
        )
    fps, every = chosen.get("fps"), int(chosen.get("every") or 1)
    which = f"at most {fps:g} frames/s" if fps else "every frame" if every == 1 else f"one frame in {every}"
    start_s, end_s = chosen.get("start_s") or 0.0, chosen.get("end_s")
    part = "" if not start_s and end_s is None else f" from {start_s:g} s to {_end(end_s)}"
    return (
        f"Of the video ({info.width} × {info.height} px, {info.fps:.4g} frames/s, {info.duration_s:.1f} s), "
        f"{which}{part} {'were' if fps else 'was'} analysed: {frames}."
    )


def _frames(analysis: Analysis, edits: Edits) -> str:
    """Return the number of frames that count; the words are the same before and after edits are applied."""
    excluded = excluded_spans(edits.events)
    count = int((~within(analysis.frames["time_s"], excluded)).sum())
    return f"{count:,} frames{' outside excluded spans' if excluded else ''}"


def _end(end_s: float | None) -> str:
    return "the end" if end_s is None else f"{end_s:g} s"


def _edited(edits: Edits) -> str:
    excluded = sum(event.excluded for event in edits.events)
    done = (
        (len(edits.merged), "track was merged by hand", "tracks were merged by hand"),
        (len(edits.hidden), "person was left out", "people were left out"),
        (excluded, "span was excluded", "spans were excluded"),
        (len(edits.baselines), "person has a baseline", "people have baselines"),
    )
    named = ", ".join(count_text(*each) for each in done if each[0])
    return f"Edits: {named}." if named else ""


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for package, name in _PACKAGES.items():
        try:
            found.append(f"{name} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
