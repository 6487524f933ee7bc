"""A model on a real server: exported, queried over REST and gRPC, killed and restarted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import emotion
from emotion.cli.doctor import examine
from emotion.errors import InputError, ModelError, ServingError, SettingsError
from emotion.library import LOCAL, JobSettings, Library, State
from emotion.library.jobs import Dispatcher, resume
from emotion.models.registry import model_dir
from emotion.samples import clip_frames, sample_image
from emotion.serving import ServedClassifier, open_classifier
from emotion.serving.classifier import BATCH
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.encode import write_video
from tests.library.workers import is_over, wait_for
from tests.serving.conftest import NAME, Server

pytestmark = pytest.mark.slow


@pytest.fixture(params=["http", "grpc"])
def classifier(request: pytest.FixtureRequest, server: Server, card) -> ServedClassifier:
    return ServedClassifier(card, server.url(request.param))


def crops(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(count)
    return [rng.integers(0, 256, (rng.integers(30, 90),) * 2, np.uint8) for _ in range(count)]


def test_the_server_matches_the_int8_file(classifier: ServedClassifier):
    faces = crops(BATCH + 5)
    answers, local = classifier.predict(faces), emotion.load_classifier(NAME).predict(faces)
    assert answers.shape == local.shape
    assert answers.dtype == np.float32
    assert answers.sum(axis=1) == pytest.approx(np.ones(len(faces)), abs=1e-5)
    # The server's weights are floats, so that a face at the limit may be classified twice by one of the two alone.
    # The server's network is the float one: near the margin, it may classify a face twice where int8 does so once.
    assert np.abs(answers - local).max() < 0.1
    assert np.abs(answers - local).mean() < 0.01
    assert classifier.predict([]).shape == (0, len(classifier.labels))


@pytest.mark.parametrize("kind", ["http", "grpc"])
@pytest.mark.parametrize("below", [0.0, 1e6])
def test_answers_match_where_all_faces_are_classified_once_or_all_twice(server: Server, card, kind, below):
    same, faces = replace(card, second_look_below=below), crops(BATCH + 5)
    answers, local = ServedClassifier(same, server.url(kind)).predict(faces), LiteRTClassifier(same).predict(faces)
    assert np.abs(answers - local).max() < 0.05


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_unsure_faces_get_tta(server: Server, card, kind):
    faces = crops(BATCH + 2)
    mirrored = [np.ascontiguousarray(face[:, ::-1]) for face in faces]
    never_sure = ServedClassifier(replace(card, second_look_below=1e6), server.url(kind))
    assert never_sure.predict(mirrored) == pytest.approx(never_sure.predict(faces), abs=1e-3)
    once = ServedClassifier(replace(card, second_look_below=0.0), server.url(kind))
    assert np.abs(once.predict(mirrored) - once.predict(faces)).max() > 0.01


def test_colour_and_grey_faces_give_the_same_answer(classifier: ServedClassifier):
    grey = crops(3)
    colour = [np.repeat(face[:, :, None], 3, axis=2) for face in grey]
    assert classifier.predict(colour) == pytest.approx(classifier.predict(grey), abs=1e-3)


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_the_setting_switches_the_pipeline_to_the_server(server: Server, card, kind, monkeypatch):
    local = emotion.Analyzer(NAME).image(sample_image())
    monkeypatch.setenv("EMOTION_SERVING_URL", server.url(kind))
    assert isinstance(open_classifier(NAME), ServedClassifier)
    analyzer = emotion.Analyzer(NAME)
    assert analyzer.abstain_below == card.abstain_below
    served = analyzer.image(sample_image())
    assert len(served.faces) == len(local.faces) == 1
    assert served.faces[0].probabilities == pytest.approx(local.faces[0].probabilities, abs=0.05)


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_a_server_without_the_model_is_an_error(server: Server, card, kind):
    stranger = ServedClassifier(replace(card, name="another"), server.url(kind))
    with pytest.raises(ServingError, match="Servable not found"):
        stranger.predict(crops(1))


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_a_card_with_other_labels_is_refused(server: Server, card, kind):
    other = ServedClassifier(replace(card, labels=card.labels[:5]), server.url(kind))
    with pytest.raises(ServingError, match="expected 5 probabilities"):
        other.predict(crops(2))


@pytest.fixture
def killable(server: Server) -> Iterator[Server]:
    """The server of all tests, which runs again after a test that kills it."""
    yield server
    if not server.is_running:
        server.start()


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_a_run_resumes_after_the_server_was_killed(killable: Server, card, kind):
    frames = list(clip_frames())[:20]
    analyzer = emotion.Analyzer(ServedClassifier(card, killable.url(kind), timeout_s=5.0))
    answered = []
    with pytest.raises(ServingError, match="expected an answer from the model server at") as caught:
        for place, frame in enumerate(frames):
            if place == 10:
                killable.kill()
            answered.append(analyzer.image(frame))
    assert len(answered) == 10
    assert "unset EMOTION_SERVING_URL" in str(caught.value)
    killable.start()
    answered.extend(_until_it_answers(lambda frame=frame: analyzer.image(frame)) for frame in frames[10:])
    local = emotion.Analyzer(NAME)
    for frame, result in zip(frames, answered, strict=True):
        expected = local.image(frame).faces[0].probabilities
        assert result.faces[0].probabilities == pytest.approx(expected, abs=0.05)


def _until_it_answers(ask: Callable[[], emotion.FrameResult]) -> emotion.FrameResult:
    """Retry, because gRPC waits before it reconnects."""
    for _ in range(40):
        try:
            return ask()
        except ServingError:
            time.sleep(0.5)
    pytest.fail("the server was restarted, but no request reached it")


def test_a_job_fails_without_the_server_and_resumes(killable: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pictures = list(clip_frames())
    clip = write_video(tmp_path / "clip.mp4", (picture for _ in range(4) for picture in pictures), fps=25)
    monkeypatch.setenv("EMOTION_LIBRARY", str(tmp_path))
    monkeypatch.setenv("EMOTION_PART_S", "0.2")
    monkeypatch.setenv("EMOTION_SERVING_URL", killable.url("http"))
    settings = JobSettings(model=NAME, every=2)
    with closing(Library.open()) as library:
        repository, dispatcher = library.for_owner(LOCAL), Dispatcher(library)
        whole = repository.add(clip, "whole.mp4", settings)
        done = wait_for(repository, whole, is_over, dispatcher)
        assert (done.state, done.note) == (State.DONE, "")
        broken = repository.add(clip, "broken.mp4", settings)
        wait_for(repository, broken, lambda entry: len(library.storage.keys(f"{entry.id}/parts")) >= 2, dispatcher)
        killable.kill()
        ended = wait_for(repository, broken, is_over, dispatcher)
        assert (ended.state, ended.can_resume) == (State.FAILED, True)
        assert "expected an answer from the model server at" in ended.note
        assert "everything up to" in ended.note
        killable.start()
        resume(repository, broken.id)
        assert wait_for(repository, broken, is_over, dispatcher).state == State.DONE
        one, other = repository.load_analysis(whole.id), repository.load_analysis(broken.id)
        assert len(one.timeline) == len(other.timeline) > 50
        probabilities = [name for name in one.timeline if name.startswith("p_")]
        assert np.allclose(one.timeline[probabilities], other.timeline[probabilities], atol=1e-4)


def test_versions_are_numbered_and_have_the_card(card, served):
    from training.export.saved_model import CARD_ASSET, export_serving

    target = export_serving(card, served)
    assert target.name == "2"
    assert f'"name": "{NAME}"' in (target / CARD_ASSET).read_text(encoding="utf-8")
    with pytest.raises(InputError, match="exists"):
        export_serving(card, served, version=2)


def test_a_model_without_its_float_network_cannot_be_served(card, tmp_path):
    from training.evaluation.evaluate import KERAS_FILE
    from training.export.saved_model import export_serving

    file = model_dir(NAME) / KERAS_FILE
    file.rename(file.with_suffix(".away"))
    try:
        with pytest.raises(ModelError, match="the shipped int8 file cannot be served"):
            export_serving(card, tmp_path)
    finally:
        file.with_suffix(".away").rename(file)


@pytest.mark.parametrize("url", ["ftp://host", "localhost:8501", "http://", "grpc:8500"])
def test_an_unsupported_address_is_refused(card, url):
    with pytest.raises(InputError, match="EMOTION_SERVING_URL"):
        ServedClassifier(card, url)


@pytest.mark.parametrize("text", ["soon", "0", "-1"])
def test_a_timeout_is_a_positive_number(monkeypatch, card, text):
    monkeypatch.setenv("EMOTION_SERVING_URL", "http://localhost:1")
    monkeypatch.setenv("EMOTION_SERVING_TIMEOUT_S", text)
    with pytest.raises(SettingsError, match="EMOTION_SERVING_TIMEOUT_S"):
        open_classifier(NAME)


def test_doctor_checks_the_server(monkeypatch):
    monkeypatch.setenv("EMOTION_SERVING_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("EMOTION_MODELS", raising=False)  # the shipped ones
    (found,) = [finding for finding in examine() if finding.subject == "model server"]
    assert not found.good
    assert "expected an answer from the model server at http://127.0.0.1:9" in found.detail
