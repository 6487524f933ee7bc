from __future__ import annotations

import io
import zipfile

import numpy as np

import emotion
from emotion.evaluation.user_evaluation.run import Framing
from ui.common.resources import encode_png
from ui.lab.trial_job import TrialJob


def zip_of(names: list[str]) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as writer:
        for name in names:
            writer.writestr(name, encode_png(np.full((48, 48, 3), 128, np.uint8)))
    content.seek(0)
    return content


def judged(job: TrialJob, models: list[str], codes: str | None = None) -> TrialJob:
    job.start(models, lambda _image: None, Framing.BY_SIZE, codes)
    job.wait(30)
    return job


def test_a_job_returns_a_trial_and_can_restart():
    job = judged(TrialJob("faces.zip", zip_of(["3/1.png", "4/1.png"])), emotion.list_models()[:1])
    assert job.trial is None
    assert "expected folders named like" in job.error
    judged(job, emotion.list_models()[:1], "fer2013")
    assert job.error == ""
    assert job.trial is not None
    assert job.trial.names == ("3/1.png", "4/1.png")
    job.close()


def test_a_broken_model_does_not_stop_the_others():
    good = emotion.list_models()[0]
    job = judged(TrialJob("faces.zip", zip_of(["happy/1.png", "sad/1.png"])), [good, "none"])
    assert job.trial is not None
    assert list(job.trial.logits) == [good]
    assert "got 'none'" in job.refused["none"]
    job.close()


def test_an_invalid_archive_is_reported_by_name():
    job = judged(TrialJob("faces.zip", io.BytesIO(b"text")), emotion.list_models()[:1])
    assert job.error.startswith("expected a zip archive of class folders")
    job.close()
