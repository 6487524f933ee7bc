"""The evaluation of every model on one zip of labelled pictures."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import BinaryIO

import emotion
from emotion.errors import ModelError
from emotion.evaluation.scores import Record
from emotion.evaluation.user_evaluation.judge import judge
from emotion.evaluation.user_evaluation.run import FaceFinder, Framing, UserEvaluation, run_user_evaluation
from emotion.evaluation.user_evaluation.zip_folders import ZipFolders
from ui.common.background import UploadJob


class TrialJob(UploadJob):
    """An evaluation of several models on one archive.

    Attributes:
        trial: The result; partial if the job was cancelled.
        records: Model → figures on these pictures, or None; set together with ``trial``.
        refused: Model that cannot be loaded → reason.
    """

    def __init__(self, name: str, content: BinaryIO) -> None:
        super().__init__(name, content, fallback="pictures.zip")
        self.trial: UserEvaluation | None = None
        self.records: dict[str, Record | None] = {}
        self.refused: dict[str, str] = {}

    def start(self, models: Sequence[str], find_face: FaceFinder, framing: Framing, codes: str | None) -> None:
        """Start; returns at once.

        Args:
            models: Names of the models.
            find_face: Finds the main face of a photograph.
            framing: Kind of pictures.
            codes: Data set whose class numbers the folders use; None for words.
        """
        self._start_thread(lambda: self._run(models, find_face, framing, codes))

    def _run(self, models: Sequence[str], find_face: FaceFinder, framing: Framing, codes: str | None) -> None:
        self.trial, self.refused = None, {}
        classifiers = {}
        for name in models:
            try:
                classifiers[name] = emotion.load_classifier(name)
            except ModelError as error:
                self.refused[name] = str(error)
        with closing(ZipFolders(self.path, codes)) as folders:
            trial = run_user_evaluation(folders, classifiers, find_face, framing, self._report)
        # Computed once on this thread: bootstrap intervals take seconds, and every click reruns the page.
        self.records = {name: judge(trial, name) for name in classifiers}
        self.trial = trial
