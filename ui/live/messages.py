"""Messages about camera and connection errors, each with what to do."""

from __future__ import annotations

from typing import NamedTuple


class Obstacle(NamedTuple):
    """What is wrong and what to do; not ``grave`` if the browser only waits for permission."""

    title: str
    advice: str
    grave: bool = True


OBSTACLES: dict[str, Obstacle] = {
    "insecure": Obstacle(
        "The browser blocks the camera, because this page was not opened over a secure connection.",
        "Open it at an https:// address, or at http://localhost on the machine that runs the app. The deployment guide "
        "explains how to set up HTTPS.",
    ),
    "unsupported": Obstacle(
        "This browser does not support live video.",
        "Use a recent Chrome, Edge, Firefox or Safari. Browsers inside other apps often do not work.",
    ),
    "asking": Obstacle(
        "Your browser is asking for permission to use the camera.",
        "Choose “Allow” in the prompt at the top of the window.",
        grave=False,
    ),
    "refused": Obstacle(
        "The browser denies this page access to the camera.",
        "Click the camera or lock icon beside the address, allow the camera, and press Start again. On a phone or a "
        "Mac, also allow the browser to use the camera in the system settings.",
    ),
    "no_camera": Obstacle(
        "The browser finds no camera.",
        "Connect a camera or open its cover, and press Start again. A virtual machine needs access to the camera.",
    ),
    "busy": Obstacle(
        "The camera cannot be opened.",
        "Another program or tab is probably using it. Close that one, and press Start again.",
    ),
    "unsuited": Obstacle(
        "The selected camera was disconnected, or does not support this size.",
        "Pick another camera with “Choose camera”, or another size, and press Start again.",
    ),
    "unplugged": Obstacle(
        "The camera stopped sending frames.",
        "It may be unplugged or in use by another program. Press Stop, fix it, and press Start again. "
        "Anything recorded so far is saved.",
    ),
    "blocked": Obstacle(
        "The video connection to the server failed, although the page works.",
        "A firewall or router probably blocks it. Try another network, without a VPN. For visitors from "
        "other networks, the server's administrator has to configure a TURN server.",
    ),
    "lost": Obstacle(
        "The connection was lost.",
        "Check your network, and press Start again. Anything recorded so far is saved.",
    ),
    "server_down": Obstacle(
        "The server does not respond.",
        "It was stopped, or your network is down. Anything recorded is saved up to the last second, and appears in the "
        "library once the server runs again.",
    ),
}
"""Messages by the names that ``web/watch.js`` uses."""
