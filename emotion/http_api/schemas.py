"""The responses of the API, with examples for its OpenAPI description."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from emotion.library import Entry, State

_ID = "8f3b0c6e5d7a4e2f9b1c0d8e7f6a5b4c"
_PROBABILITIES = {
    "neutral": 0.03, "happiness": 0.94, "surprise": 0.01, "sadness": 0.01, "anger": 0.0, "disgust": 0.0, "fear": 0.01
}  # fmt: skip
_POSE = {"yaw": -0.9, "pitch": 3.1, "roll": 3.6}
_EYES = {"eye_openness_left": 0.27, "eye_openness_right": 0.25, "gaze_yaw": -3.0, "gaze_pitch": -0.1}
Share = Annotated[float, Field(ge=0, le=1)]
Measured = dict[str, float | None] | None
"""Values by name; None where they are unknown."""


class ProblemOut(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str = "about:blank"
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    code: str = Field(description="For programs; never changes.", examples=["unreadable_picture"])
    detail: str = Field(description="For people.", examples=["expected a picture; got an empty file"])
    request_id: str = Field(examples=["0f8fad5bd9cb469fa16570867728950e"])


class Health(BaseModel):
    """State of the server."""

    status: str = Field(examples=["ok"])
    version: str = Field(examples=["0.2.0"])


class ModelOut(BaseModel):
    """A model that a request can choose."""

    name: str = Field(examples=["base"])
    title: str
    labels: list[str] = Field(description="The expressions that it distinguishes.")
    default: bool


class FaceOut(BaseModel):
    """One face of a picture."""

    box_xyxy: list[float] = Field(description="Left, top, right, bottom, px.", examples=[[212.5, 40.1, 352.0, 201.7]])
    confidence: Share = Field(description="Confidence of the detector.")
    emotion: str = Field(description="The leading expression, even if unclear.", examples=["happiness"])
    unclear: bool = Field(description="Whether no expression is probable enough.")
    probabilities: dict[str, float] = Field(examples=[_PROBABILITIES])
    pose: Measured = Field(description="Yaw, pitch and roll of the head, degrees.", examples=[_POSE])
    eyes: Measured = Field(description="Openness as a ratio, and gaze in degrees.", examples=[_EYES])
    mouth_openness: float | None = Field(description="Ratio.", examples=[0.18])
    measures: Measured = Field(description="Brows, lids and lips, in eye distances.", examples=[{"lip_gap": 0.14}])


class PictureOut(BaseModel):
    """The faces of one picture, in reading order."""

    file: str = Field(examples=["team.jpg"])
    width: int = Field(description="px")
    height: int = Field(description="px")
    faces: list[FaceOut]


class ResultOut(BaseModel):
    """The analysis of a video, with the edits made in the app; there are further fields."""

    source: str = Field(description="Name of the video file.", examples=["talk.mp4"])
    complete: bool = Field(description="Whether the analysis reached the end of the video.")
    video: dict[str, Any] = Field(description="Size, frame rate and length of the video.")
    model: str = Field(examples=["everyface"])
    labels: list[str] = Field(description="The expressions that the model distinguishes.")
    people: dict[str, str] = Field(description="Names by track ID.", examples=[{"1": "Person 1"}])
    summary: dict[str, Any] = Field(description="Figures of the whole video and of each person.")
    episodes: list[dict[str, Any]] = Field(description="One per stretch of the same expression.")
    timeline: list[dict[str, Any]] = Field(description="One row per face per analysed frame.")
    frames: list[dict[str, Any]] = Field(description="One row per analysed frame.")


class JobOut(BaseModel):
    """The analysis of one video."""

    model_config = ConfigDict(use_enum_values=True)

    id: str = Field(pattern="^[0-9a-f]{32}$", examples=[_ID])
    state: State
    note: str = Field(description="Why the job failed or is incomplete; otherwise empty.")
    title: str = Field(examples=["interview"])
    source: str = Field(description="Name of the uploaded file.", examples=["interview.mp4"])
    model: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    frames_done: int
    frames_total: int = Field(description="Estimated.")
    share: Share = Field(description="Share of the frames that are done.")
    remaining_s: float | None = Field(description="Estimated time left, seconds.")
    before: int | None = Field(description="Number of jobs queued before this one, of all owners.")
    duration_s: float | None = Field(description="Length of the video, seconds.")
    summary: dict[str, Any] | None = Field(description="Figures of the whole video, once it is done.")
    links: dict[str, str] = Field(examples=[{"self": f"/api/v1/jobs/{_ID}"}])


class JobsOut(BaseModel):
    """A page of jobs."""

    jobs: list[JobOut]
    total: int


def job_out(entry: Entry, before: int | None, root: str) -> JobOut:
    """Return a job as the API describes it.

    Args:
        entry: The analysis.
        before: Jobs queued before it; None if it is not queued.
        root: Path below which the API is served.
    """
    address = f"{root}/jobs/{entry.id}"
    return JobOut(
        id=entry.id,
        state=entry.state,
        note=entry.note,
        title=entry.title,
        source=entry.source,
        model=entry.settings.model,
        created_at=entry.created_at,
        started_at=entry.started_at,
        finished_at=entry.finished_at,
        frames_done=entry.done,
        frames_total=entry.total,
        share=entry.share,
        remaining_s=entry.remaining_s,
        before=before,
        duration_s=None if entry.info is None else entry.info.duration_s,
        summary=entry.summary,
        links={"self": address, "events": f"{address}/events", "result": f"{address}/result"},
    )
