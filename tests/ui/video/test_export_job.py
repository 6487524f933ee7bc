from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from emotion.analytics.edits import Edits
from emotion.report.formats import Options, format_named
from emotion.types import Progress
from tests.conftest import make_analysis
from ui.video.export_job import ExportJob, ExportRequest


def request(name: str = "json", **changes) -> ExportRequest:
    return replace(ExportRequest(format_named(name), make_analysis([["happiness"]]), Edits(), Options()), **changes)


def test_the_file_exists_after_the_job_and_is_deleted_on_close():
    job = ExportJob(request("vtt"))
    job.start()
    job.wait(20)
    file = job.file
    assert file is not None and file.read_text(encoding="utf-8").startswith("WEBVTT")
    job.close()
    assert not file.exists()


def test_a_stopped_export_has_no_file():
    go_on = threading.Event()

    def write(edited, path, options, on_progress):
        path.write_text("half")
        go_on.wait(20)
        on_progress(Progress(1, 2, 0.1))

    job = ExportJob(request(chosen=replace(format_named("csv"), write=write)))
    job.start()
    job.cancel()
    go_on.set()
    job.wait(20)
    assert job.file is None and not job.error


def test_a_failed_export_says_why():
    job = ExportJob(request("mp4"))
    job.start()
    job.wait(20)
    assert job.file is None
    assert "expected the video file" in job.error


@pytest.mark.parametrize(
    "other",
    [{"edits": Edits(names={1: "Ada"})}, {"options": Options(blur=True)}, {"chosen": format_named("csv")}],
)
def test_different_options_start_a_new_job(other):
    one = request()
    assert one.is_same(replace(one))
    assert not one.is_same(replace(one, **other))
    assert not one.is_same(replace(one, analysis=make_analysis([["happiness"]])))
