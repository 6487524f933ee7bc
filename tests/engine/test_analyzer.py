"""The whole pipeline with the real detector and mesh, and with the real classifier where its answers matter."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import emotion
from emotion.analytics.files import load_parquet, save_parquet
from emotion.analytics.timeline import result_at
from emotion.errors import Cancelled, ImageError, VideoError
from emotion.labels import FERPLUS_LABELS
from emotion.samples import clip_frames, make_clip, sample_image
from emotion.types import Progress
from emotion.vision.classify import LiteRTClassifier
from emotion.vision.decode.video import read_video
from tests.overlap import iou
from tests.tflite_files import classifier as classifier_file
from tests.vision.broken_clips import overwrite_packets
from tests.vision.clips import write_clip

GOLDEN = Path(__file__).with_name("golden_sample_clip.csv")


class MeanGrey:
    """A classifier with a known answer: the brighter the crop, the more probable is happiness."""

    labels = FERPLUS_LABELS

    def predict(self, crops: list[np.ndarray]) -> np.ndarray:
        rows = np.zeros((len(crops), len(self.labels)), np.float32)
        rows[:, 1] = [crop.mean() / 255 for crop in crops]
        rows[:, 0] = 1 - rows[:, 1]
        return rows


@pytest.fixture(scope="module")
def analyzer() -> emotion.Analyzer:
    return emotion.Analyzer(model=MeanGrey())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "sample.mp4")


@pytest.mark.slow
def test_results_carry_the_classifiers_threshold(analyzer: emotion.Analyzer, clip: Path, tmp_path) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(classifier_file(8))
    card = replace(emotion.load_classifier().card, labels=FERPLUS_LABELS, input_size=48, abstain_below=0.4)
    limited = emotion.Analyzer(model=LiteRTClassifier(card, file=file))
    assert limited.image(sample_image()).abstain_below == 0.4
    analysis = load_parquet(save_parquet(limited.video(clip, every=25), tmp_path / "timeline.parquet"))
    assert analysis.settings["abstain_below"] == analysis.abstain_below == 0.4
    assert {result_at(analysis, index).abstain_below for index in analysis.frames["frame_index"]} == {0.4}
    assert analyzer.image(sample_image()).abstain_below == 0.0  # a custom classifier
    assert replace(analysis, settings={}).abstain_below == 0.0  # an analysis by an earlier version


@pytest.mark.slow
def test_pictures_can_be_path_bytes_or_array(analyzer: emotion.Analyzer, tmp_path: Path) -> None:
    rgb = sample_image()
    path = tmp_path / "portrait.png"
    Image.fromarray(rgb).save(path)
    results = [analyzer.image(source) for source in (path, str(path), path.read_bytes(), rgb)]
    for result in results:
        assert (result.width, result.height, len(result.faces)) == (512, 512, 1)
        assert np.array_equal(result.faces[0].box_xyxy, results[0].faces[0].box_xyxy)
    face = results[0].faces[0]
    assert face.probabilities is not None
    assert face.probabilities.sum() == pytest.approx(1)
    assert face.track_id == 1
    assert face.pose is not None
    assert 0.1 < face.eye_openness_left < 0.4
    assert 0.1 < face.eye_openness_right < 0.4
    assert np.hypot(face.gaze_yaw, face.gaze_pitch) < 15


def test_grey_pictures_are_accepted(analyzer: emotion.Analyzer) -> None:
    grey = np.asarray(Image.fromarray(sample_image()).convert("L"))
    assert len(analyzer.image(grey).faces) == 1


@pytest.mark.slow
def test_a_picture_without_a_face_has_no_faces(analyzer: emotion.Analyzer, shared_data: Path) -> None:
    for name in ("dogs.jpg", "no-faces.jpg"):
        assert analyzer.image(shared_data / "photos" / name).faces == ()


@pytest.mark.slow
def test_faces_of_the_boxed_photographs_are_found(analyzer: emotion.Analyzer, shared_data: Path) -> None:
    """All 43 annotated faces are found at IoU 0.3, with at most one false one."""
    photos = shared_data / "photos"
    drawn = found = extra = 0
    for listing in ("training.xml", "testing.xml"):
        for picture in ElementTree.parse(photos / listing).getroot().iter("image"):
            corners = [
                [float(box.get(side) or 0) for side in ("left", "top", "width", "height")]
                for box in picture.iter("box")
            ]
            truth = np.array([[x, y, x + w, y + h] for x, y, w, h in corners], np.float32)
            faces = analyzer.image(photos / str(picture.get("file"))).faces
            matches = iou(truth, np.stack([face.box_xyxy for face in faces])) >= 0.3
            drawn, found, extra = (
                drawn + len(truth),
                found + matches.any(axis=1).sum(),
                extra + (~matches.any(axis=0)).sum(),
            )
    assert drawn == 43
    assert found == 43
    assert extra <= 1


def test_faces_are_numbered_in_reading_order(analyzer: emotion.Analyzer) -> None:
    portrait = sample_image()
    small = np.asarray(Image.fromarray(portrait).resize((256, 256)))
    page = np.zeros((768, 900, 3), np.uint8)
    for x, y in ((20, 5), (400, 30), (60, 400), (500, 410)):
        page[y : y + 256, x : x + 256] = small
    faces = analyzer.image(page).faces
    assert [face.track_id for face in faces] == [1, 2, 3, 4]
    assert [int(face.box_xyxy[0] // 300) for face in faces] == [0, 1, 0, 1]
    assert [int(face.box_xyxy[1] // 384) for face in faces] == [0, 0, 1, 1]


def test_broken_pictures_are_refused(analyzer: emotion.Analyzer) -> None:
    with pytest.raises(ImageError, match="is empty"):
        analyzer.image(b"")


def test_flipping_the_picture_mirrors_the_box(analyzer: emotion.Analyzer) -> None:
    rgb = sample_image()
    box = analyzer.image(rgb).faces[0].box_xyxy
    mirrored = analyzer.image(np.ascontiguousarray(rgb[:, ::-1])).faces[0].box_xyxy
    assert mirrored[[0, 2]] == pytest.approx(512 - box[[2, 0]], abs=5)
    assert mirrored[[1, 3]] == pytest.approx(box[[1, 3]], abs=5)


@pytest.mark.slow
def test_a_video_gives_a_valid_timeline(analyzer: emotion.Analyzer, clip: Path) -> None:
    steps: list[Progress] = []
    analysis = analyzer.video(clip, on_progress=steps.append)
    emotion.validate(analysis.timeline)
    assert len(analysis.frames) == 75
    assert analysis.complete
    assert analysis.source == "sample.mp4"
    assert (analysis.timeline["track_id"] == 1).all(), "one person, although she is out of view for a while"
    assert 5 < (analysis.frames["faces"] == 0).sum() < 40
    assert [step.done for step in steps] == list(range(1, 76))
    assert steps[-1].share == 1
    assert steps[-1].total == 75
    assert analysis.timeline["similarity"].iloc[0] == pytest.approx(1)


@pytest.mark.slow
def test_video_and_stream_and_frames_agree(analyzer: emotion.Analyzer, clip: Path) -> None:
    """The parallel and the sequential code give the same faces."""
    plain = list(analyzer.stream(read_video(clip)))
    parallel = list(analyzer.frames(clip))
    assert [len(result.faces) for result in plain] == [len(result.faces) for result in parallel]
    for one, other in zip(plain, parallel, strict=True):
        for face, twin in zip(one.faces, other.faces, strict=True):
            assert np.array_equal(face.box_xyxy, twin.box_xyxy)
            assert np.array_equal(face.probabilities, twin.probabilities)


def test_every_and_fps_select_frames(analyzer: emotion.Analyzer, clip: Path) -> None:
    assert analyzer.video(clip, every=10).frames["frame_index"].tolist() == list(range(0, 75, 10))
    assert len(analyzer.video(clip, fps=5).frames) == 15


def test_cancelling_keeps_the_analysed_frames(analyzer: emotion.Analyzer, clip: Path) -> None:
    def stop_at_twenty(progress: Progress) -> None:
        if progress.done == 20:
            raise Cancelled

    analysis = analyzer.video(clip, on_progress=stop_at_twenty)
    assert not analysis.complete
    assert "Analysis stopped" in analysis.note
    assert len(analysis.frames) == 20


@pytest.mark.slow
def test_a_truncated_video_keeps_the_frames_before_the_damage(analyzer: emotion.Analyzer, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "torn.mkv", list(clip_frames()))
    whole = clip.read_bytes()
    clip.write_bytes(whole[: len(whole) * 2 // 3] + bytes(range(256)) * 40)
    analysis = analyzer.video(clip)
    assert 10 < len(analysis.frames) < 75


@pytest.mark.slow
def test_a_damaged_frame_is_reported_and_costs_no_other(analyzer: emotion.Analyzer, clip: Path, tmp_path: Path) -> None:
    damaged = overwrite_packets(clip, tmp_path / "damaged.mp4", {30})
    analysis, whole = analyzer.video(damaged), analyzer.video(clip)
    assert analysis.note == "damaged.mp4 is damaged: 1 of its frames is lost or distorted"
    assert not analysis.complete
    assert len(analysis.frames) == len(whole.frames) - 1
    assert set(analysis.frames["time_s"]) < set(whole.frames["time_s"])


def test_a_file_without_frames_is_refused(analyzer: emotion.Analyzer, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="no such file"):
        analyzer.video(tmp_path / "absent.mp4")


def test_a_video_without_a_face_has_an_empty_timeline(analyzer: emotion.Analyzer, tmp_path: Path) -> None:
    empty = write_clip(tmp_path / "wall.mp4", [np.full((120, 160, 3), 90, np.uint8)] * 10)
    analysis = analyzer.video(empty)
    emotion.validate(analysis.timeline)
    assert analysis.timeline.empty
    assert analysis.frames["faces"].tolist() == [0] * 10


@pytest.mark.slow
def test_one_analyzer_serves_many_threads(analyzer: emotion.Analyzer) -> None:
    rgb = sample_image()
    pictures = [np.ascontiguousarray(np.roll(rgb, shift, axis=1)) for shift in (0, 20, 40, 60)] * 4
    alone = [analyzer.image(picture).faces[0].box_xyxy for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = [result.faces[0].box_xyxy for result in pool.map(analyzer.image, pictures)]
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_a_cut_ends_all_tracks(analyzer: emotion.Analyzer, tmp_path: Path) -> None:
    portrait = np.ascontiguousarray(sample_image()[:360])
    dark = (portrait * 0.3).astype(np.uint8)[:, ::-1]
    clip = write_clip(tmp_path / "cut.mp4", [portrait] * 10 + [dark] * 10)
    tracks = analyzer.video(clip).timeline.groupby("frame_index")["track_id"].first()
    assert tracks.loc[:9].eq(1).all()
    assert tracks.loc[10:].eq(2).all()


def test_tracks_survive_a_short_occlusion(analyzer: emotion.Analyzer, tmp_path: Path) -> None:
    portrait = np.ascontiguousarray(sample_image()[:360])
    covered = portrait.copy()
    covered[40:220, 150:300] = 120
    clip = write_clip(tmp_path / "hand.mp4", [portrait] * 10 + [covered] * 12 + [portrait] * 10)
    timeline = analyzer.video(clip).timeline
    assert set(timeline["track_id"]) == {1}
    assert not timeline["frame_index"].between(11, 20).any()
    assert timeline["frame_index"].max() == 31


@pytest.mark.slow
@pytest.mark.parametrize(("name", "people", "frames"), [("one_face_720p.mp4", 1, 282), ("portrait_d0.mp4", 1, 78)])
def test_close_ups_are_one_person_throughout(
    analyzer: emotion.Analyzer, shared_data: Path, name: str, people: int, frames: int
) -> None:
    analysis = analyzer.video(shared_data / "videos" / name)
    assert len(analysis.frames) == len(analysis.timeline) == frames
    assert analysis.timeline["track_id"].nunique() == people


@pytest.mark.slow
def test_people_in_clips_with_cuts_and_exits(analyzer: emotion.Analyzer, shared_data: Path) -> None:
    concert = analyzer.video(shared_data / "videos" / "concert_cuts_360p.mp4").timeline
    shots = concert.groupby(pd.cut(concert["frame_index"], [-1, 19, 81, 210, 999]), observed=True)["track_id"]
    seen = [set(numbers) for _, numbers in shots]
    assert len(seen) == 3, "the second shot shows a profile only"
    assert not (seen[0] & seen[1] | seen[0] & seen[2] | seen[1] & seen[2])
    leaves = analyzer.video(shared_data / "videos" / "face_then_none_hevc.mov")
    assert leaves.timeline["frame_index"].max() < 75
    assert (leaves.frames["faces"].iloc[75:] == 0).all()


def test_no_face_is_detected_in_clips_without_faces(analyzer: emotion.Analyzer, shared_data: Path) -> None:
    assert analyzer.video(shared_data / "videos" / "no_face.mp4").timeline.empty


@pytest.mark.slow
def test_golden_table_of_the_sample_clip(clip: Path) -> None:
    """The shipped model on the sample clip. Decoders differ slightly, so boxes may differ by 3 px and shares by 0.1."""
    timeline = emotion.Analyzer().video(clip, every=5).timeline
    golden = pd.read_csv(io.StringIO(GOLDEN.read_text(encoding="utf-8")))
    assert timeline["frame_index"].tolist() == golden["frame_index"].tolist()
    assert timeline["emotion"].astype(str).tolist() == golden["emotion"].tolist()
    for columns, tolerance in (
        (["x1", "y1", "x2", "y2"], 3),
        (["yaw", "pitch", "roll"], 4),
        (["emotion_confidence"], 0.1),
        (["eye_openness_left", "eye_openness_right"], 0.04),
        (["gaze_yaw", "gaze_pitch"], 5),
    ):
        assert np.abs(timeline[columns].to_numpy() - golden[columns].to_numpy()).max() < tolerance
