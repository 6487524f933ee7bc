"""Hands files to the browser by address.

Videos go by the app's own route where its server has one; all else, and videos without it, by Streamlit's endpoint.
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
    """Return an address under which the browser reads a video, any part of it on request.

    Given a path, Streamlit would read the whole file at every run of the page. The mapping given
    here is read by the operating system where it is asked for, and stays off the program's own
    memory. It lives as long as a page shows the video; deleting the file meanwhile is fine.

    Args:
        path: A video. Its container may be any that browsers play: they look at the content.
        place: Names the element that shows it, within the visit.

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
    """Return an address for some bytes; the same bytes get the same one, so the browser asks for them once."""
    return _add(content, _BINARY, place)


def captions_url(text: str, place: str) -> str:
    """Return an address for WebVTT."""
    return _add(text.encode(), _CAPTIONS, place)


def picture_url(data: str, place: str) -> str:
    """Return an address for a PNG that is given as a data URL: it then travels once, not with every run."""
    return _add(base64.b64decode(data.partition(",")[2]), _PICTURE, place)


def _add(content: bytes | memoryview, kind: str, place: str) -> str:
    address = get_instance().media_file_mgr.add(content, kind, place)  # type: ignore[arg-type]
    # Streamlit's own elements put the path before it below which the app is served; a component has to itself.
    return below_base(address)
