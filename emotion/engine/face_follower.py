"""Detects faces on key frames and follows them with the mesh in between: detect, landmarks, track.

The detector costs several times as much as the mesh, so it runs rarely: on the whole picture and all tiles when a shot
begins, then once per key frame, alternating between the whole picture and one tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion.stream_state import StreamState, part_of, with_prefix
from emotion.types import Detector, Face, FloatArray, Frame, Image, Region
from emotion.vision.boxes import bounding_box, covered
from emotion.vision.cuts import CutDetector
from emotion.vision.detection.confirm import FaceCheck
from emotion.vision.landmarks import (
    MESH_POINTS,
    MIN_FIRST_PRESENCE,
    MIN_PRESENCE,
    FaceMesh,
    Mesh,
    head_pose,
    mouth_openness,
    roi_of_detection,
    roi_of_mesh,
)
from emotion.vision.track import Tracker

KEY_FRAME_S = 0.4
"""Time between key frames while faces are being followed."""
SEARCH_S = 0.15
"""Time between key frames while nobody is in view; shorter, as the mesh does not run then."""
LOST_PRESENCE = 0.5
"""A followed face is lost below this mesh presence; lower than for new faces, to keep track ids stable."""
SAME_FACE = 0.5
"""Two boxes are the same face if they share more than this fraction of the smaller one."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work goes into finding new faces. Videos use the full effort.

    Attributes:
        key_frame_s: Time between key frames while faces are being followed.
        search_s: Time between key frames while nobody is in view.
        tiles: Whether the detector also runs on tiles of the picture.
        small: Whether to use the follower's faster detector, if it has one.
    """

    key_frame_s: float = KEY_FRAME_S
    search_s: float = SEARCH_S
    tiles: bool = True
    small: bool = False


FULL = Effort()


@dataclass(frozen=True, slots=True, eq=False)
class _Followed:
    track_id: int
    points: FloatArray


class FaceFollower:
    """Finds and follows the faces of one stream.

    Args:
        detector: Finds faces.
        mesh: Follows them.
        small: A faster detector, for an :class:`Effort` with ``small``.
        check: Confirms each new face; without it, the detector and the mesh decide.
    """

    def __init__(
        self, detector: Detector, mesh: FaceMesh, small: Detector | None = None, check: FaceCheck | None = None
    ) -> None:
        self._detector, self._small = detector, small or detector
        self._mesh, self._check = mesh, check
        self._tracker = Tracker()
        self._is_cut = CutDetector()
        self._followed: list[_Followed] = []
        self._next_key_s = float("-inf")
        self._turn = 0
        self._new_shot = True

    def __call__(self, frame: Frame, effort: Effort = FULL) -> list[Face]:
        """Return the faces in ``frame`` with landmarks, pose, openness and track id, longest known first."""
        if self._is_cut(frame.luma):
            self._tracker.end_all()
            self._followed.clear()
            self._new_shot = True
        faces = self._follow(frame)
        lost = len(faces) < len(self._followed)
        if self._new_shot or lost or frame.time_s >= self._next_key_s:
            faces = self._detect_new(frame, faces, effort)
        faces = self._tracker.update(faces, frame.time_s)
        self._followed = [_Followed(_id(face), _points(face)) for face in faces]
        return faces

    def state(self) -> StreamState:
        """Return the state as arrays."""
        own: StreamState = {
            "track_ids": np.array([person.track_id for person in self._followed], np.int64),
            "points": np.array([person.points for person in self._followed], np.float32).reshape(-1, MESH_POINTS, 3),
            "next_key_s": np.array(self._next_key_s, np.float64),
            "turn": np.array(self._turn),
            "new_shot": np.array(self._new_shot),
        }
        return own | with_prefix("tracker", self._tracker.state()) | with_prefix("cuts", self._is_cut.state())

    def restore(self, state: StreamState) -> None:
        """Continue from the arrays of :meth:`state`."""
        self._tracker.restore(part_of(state, "tracker"))
        self._is_cut.restore(part_of(state, "cuts"))
        pairs = zip(state["track_ids"], state["points"], strict=True)
        self._followed = [_Followed(int(track_id), points) for track_id, points in pairs]
        self._next_key_s = float(state["next_key_s"])
        self._turn = int(state["turn"])
        self._new_shot = bool(state["new_shot"])

    def resize(self, across: float, down: float) -> None:
        """Continue with frames of the same view whose width and height are scaled by these factors."""
        state = self.state()
        state["points"] *= np.array([across, down, across], np.float32)
        state["tracker.boxes"] *= np.array([across, down, across, down], np.float32)
        state["tracker.velocities"] *= np.array([across, down], np.float32)
        self.restore(state)

    def _follow(self, frame: Frame) -> list[Face]:
        moved: list[tuple[float, int, Face]] = []
        for place, person in enumerate(self._followed):
            mesh = self._mesh.follow(frame.luma, person.points)
            if mesh.presence >= LOST_PRESENCE:
                by = roi_of_mesh(person.points).shift_to(roi_of_mesh(mesh.points))
                moved.append((by, place, _face(mesh, mesh.presence, person.track_id)))
        # When people cross, the mesh of the person behind jumps to the face in front. That face's own mesh moves less,
        # so it is added first, and the other one is dropped.
        faces: list[Face] = []
        for _, _, face in sorted(moved, key=lambda each: each[:2]):
            _add(faces, face, frame)
        kept = {face.track_id for face in faces}
        return [face for _, _, face in moved if face.track_id in kept]

    def _detect_new(self, frame: Frame, faces: list[Face], effort: Effort) -> list[Face]:
        detector = self._small if effort.small else self._detector
        everywhere = detector.regions(frame.width, frame.height)[: None if effort.tiles else 1]
        regions = everywhere if self._new_shot else [self._next_region(everywhere)]
        found, rgb = list(faces), frame.rgb()
        for detection in detector.detect(rgb, regions):
            if _is_known(detection.box_xyxy, faces):
                continue
            mesh = self._fit_new(frame.luma, rgb, detection)
            if mesh is not None:
                _add(found, _face(mesh, detection.confidence), frame)
        self._new_shot = False
        self._next_key_s = frame.time_s + (effort.key_frame_s if found else effort.search_s)
        return found

    def _fit_new(self, luma: Image, rgb: Image, detection: Face) -> Mesh | None:
        """Return the mesh of a detection; None if it is not a face."""
        rough = self._mesh.fit(luma, roi_of_detection(detection))
        if rough.presence < MIN_FIRST_PRESENCE:
            return None
        mesh = self._mesh.fit(luma, roi_of_mesh(rough.points))
        if mesh.presence < MIN_PRESENCE:
            return None
        return mesh if self._check is None or self._check(luma, rgb, detection, (rough, mesh)) else None

    def _next_region(self, everywhere: Sequence[Region]) -> Region:
        """Return the whole picture on every other key frame, and the tiles in turn in between."""
        whole, *tiles = everywhere
        self._turn += 1
        return tiles[self._turn // 2 % len(tiles)] if tiles and self._turn % 2 == 0 else whole


def _face(mesh: Mesh, confidence: float, track_id: int | None = None) -> Face:
    return Face(
        box_xyxy=bounding_box(mesh.points[:, :2]),
        confidence=float(confidence),
        landmarks=mesh.points,
        pose=head_pose(mesh.points),
        mouth_openness=mouth_openness(mesh.points),
        track_id=track_id,
    )


def _add(faces: list[Face], face: Face, frame: Frame) -> None:
    """Append a face unless its centre is outside the picture or it duplicates one of ``faces``."""
    centre = (face.box_xyxy[:2] + face.box_xyxy[2:]) / 2
    inside = bool(np.all(centre >= 0)) and centre[0] < frame.width and centre[1] < frame.height
    if inside and not _is_known(face.box_xyxy, faces):
        faces.append(face)


def _is_known(box: FloatArray, faces: Sequence[Face]) -> bool:
    if not faces:
        return False
    return bool(covered(box[None], np.stack([face.box_xyxy for face in faces])).max() > SAME_FACE)


def _id(face: Face) -> int:
    assert face.track_id is not None, "the tracker names every face"
    return face.track_id


def _points(face: Face) -> FloatArray:
    assert face.landmarks is not None, "the follower fits a mesh to every face"
    return face.landmarks
