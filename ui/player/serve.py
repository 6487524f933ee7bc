"""Addresses under which the browser reads videos, data, captions and pictures.

Videos use the app's own route if the server has it; everything else uses Streamlit's media endpoint.
"""

from __future__ import annotations

import base64
import mmap
from pathlib import Path

from streamlit.runtime import get_instance

from emotion.errors import InputError
from ui.access import visitor_or_stop
from ui.player.files import below_base, video_files

_VIDEO, _BINARY, _CAPTIONS, _PICTURE = "video/mp4", "application/octet-stream", "text/vtt", "image/png"


def video_url(path: Path, place: str) -> str:
    """Return the address of a video, which the browser reads in ranges.

    Given a path, Streamlit would read the whole file on every run of the page. A memory mapping is read on demand by
    the operating system. It lives as long as a page shows the video, even if the file is deleted meanwhile.

    Args:
        path: A video in any container that browsers play.
        place: Unique name of the element that shows it.

    Raises:
        InputError: The file is empty.
    """
    if video_files.is_served and path.stat().st_size:
        return video_files.address(path, visitor_or_stop())
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise InputError(f"expected a video; got an empty file, {path.name}")
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return _add(content, _VIDEO, place)


def data_url(content: bytes, place: str) -> str:
    """Return an address for bytes; equal bytes get the same address, so the browser loads them once."""
    return _add(content, _BINARY, place)


def captions_url(text: str, place: str) -> str:
    """Return an address for WebVTT captions."""
    return _add(text.encode(), _CAPTIONS, place)


def picture_url(data: str, place: str) -> str:
    """Return an address for a PNG data URL, so that it is sent once instead of with every run."""
    return _add(base64.b64decode(data.partition(",")[2]), _PICTURE, place)


def _add(content: bytes | memoryview, kind: str, place: str) -> str:
    address = get_instance().media_file_mgr.add(content, kind, place)  # type: ignore[arg-type]
    # Streamlit's own elements add the base path; a component has to add it itself.
    return below_base(address)
