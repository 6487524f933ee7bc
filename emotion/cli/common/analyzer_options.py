"""Options that all analysing commands share: the model, the detector, and which measurements to skip."""

from __future__ import annotations

import argparse

from emotion.engine.analyzer import Analyzer
from emotion.vision.detection.detect import DETECTORS


def add_analyzer_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of :func:`analyzer_of`."""
    parser.add_argument("--model", default="default", metavar="NAME", help="model (see “emotion models”)")
    parser.add_argument(
        "--detector", default="blazeface", choices=sorted(DETECTORS), help="face detector (default: %(default)s)"
    )
    parser.add_argument(
        "--no-movements",
        dest="movements",
        action="store_false",
        help="skip brows, lids, lips and jaw (“emotion doctor” shows what each stage costs)",
    )
    parser.add_argument("--no-eyes", dest="eyes", action="store_false", help="skip eye openness and gaze (faster)")


def analyzer_of(options: argparse.Namespace) -> Analyzer:
    """Return the analyzer that the options describe."""
    return Analyzer(options.model, options.detector, eyes=options.eyes, movements=options.movements)
