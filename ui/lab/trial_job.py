"""One zip of labelled pictures of a visit, answered by every model of the lab."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import BinaryIO

import emotion
from emotion.errors import ModelError
from emotion.evaluation.scores import Record
from emotion.evaluation.trial.judge import judge
from emotion.evaluation.trial.run import FaceFinder, Framing, Trial, run_trial
from emotion.evaluation.trial.zip_folders import ZipFolders
from ui.common.background import UploadJob


class TrialJob(UploadJob):
    """The answers of several models for one archive.

    Attributes:
        trial: The result; of what was done if the job was cancelled.
        records: Model → its figures on these pictures, or None; there once the trial is.
        refused: Model that cannot be loaded → why.
    """

    def __init__(self, name: str, content: BinaryIO) -> None:
        super().__init__(name, content, fallback="pictures.zip")
        self.trial: Trial | None = None
        self.records: dict[str, Record | None] = {}
        self.refused: dict[str, str] = {}

    def start(self, models: Sequence[str], find_face: FaceFinder, framing: Framing, codes: str | None) -> None:
        """Begin; returns at once.

        Args:
            models: Names of the models that answer.
            find_face: Finds the face that a photograph is about.
            framing: What the pictures show.
            codes: Whose numbers name the classes, if numbers do.
        """
        self._begin(lambda: self._run(models, find_face, framing, codes))

    def _run(self, models: Sequence[str], find_face: FaceFinder, framing: Framing, codes: str | None) -> None:
        self.trial, self.refused = None, {}
        classifiers = {}
        for name in models:
            try:
                classifiers[name] = emotion.load_classifier(name)
            except ModelError as error:
                self.refused[name] = str(error)
        with closing(ZipFolders(self.path, codes)) as folders:
            trial = run_trial(folders, classifiers, find_face, framing, self._report)
        # Here and once: intervals of many pictures take seconds, and every click on the page runs all of it.
        self.records = {name: judge(trial, name) for name in classifiers}
        self.trial = trial
