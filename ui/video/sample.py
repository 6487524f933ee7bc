"""The sample clip of the Video page."""

from __future__ import annotations

import io
from collections.abc import Mapping

from emotion.errors import UnknownAnalysisError
from emotion.library import JobSettings, Repository
from emotion.samples import SAMPLE_NAME
from ui.common.resources import sample_clip
from ui.common.uploads import session_lock
from ui.video import session
from ui.video.video_source import VideoSource

_FILE = f"{SAMPLE_NAME}.mp4"


def begin_sample(library: Repository) -> None:
    """Queue the sample, unless this session's is still being analysed: a double click calls this twice.

    Raises:
        EmotionError: It cannot be stored.
    """
    clip, begun = sample_clip(), session.begun_videos()
    with session_lock("sample"):
        if not _is_active(library, begun):
            # Without Streamlit, because this is called in a callback, which must not wait for another run.
            source = VideoSource(_FILE, io.BytesIO(clip))
            begun[library.add(source.path, source.name, JobSettings(), title="Sample").id] = source
    session.show(None)


def _is_active(library: Repository, begun: Mapping[str, VideoSource]) -> bool:
    for analysis_id in [one for one, source in begun.items() if source.name == _FILE]:
        try:
            if not library.get(analysis_id).state.is_over:
                return True
        except UnknownAnalysisError:
            continue
    return False
