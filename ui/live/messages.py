"""What stands in the way of a live picture, in words, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple


class Obstacle(NamedTuple):
    """What is wrong, and what to do; ``grave`` unless it is only a question that waits for an answer."""

    title: str
    advice: str
    grave: bool = True


OBSTACLES: dict[str, Obstacle] = {
    "insecure": Obstacle(
        "This page was not opened over a secure connection, so the browser keeps the camera from it.",
        "Open it with an address that begins with https://, or with http://localhost on the machine that runs the app. "
        "Who runs the app finds in its guide how to put HTTPS in front of it.",
    ),
    "unsupported": Obstacle(
        "This browser cannot send a camera's picture.",
        "Use a recent Chrome, Edge, Firefox or Safari; browsers inside of other apps often cannot.",
    ),
    "asking": Obstacle(
        "Your browser asks whether this page may use the camera.",
        "Choose “Allow” in the question at the top of the window.",
        grave=False,
    ),
    "refused": Obstacle(
        "The browser was told not to give this page the camera.",
        "Click the camera or the lock beside the address, allow the camera, and press Start again. On a phone or a "
        "Mac, the system's settings must allow the browser to use it as well.",
    ),
    "no_camera": Obstacle(
        "The browser finds no camera.",
        "Plug one in, or open its cover, and press Start again. On a virtual machine it must be passed through.",
    ),
    "busy": Obstacle(
        "The camera is there, but it cannot be opened.",
        "Another program or tab is probably using it: close that one, and press Start again.",
    ),
    "unsuited": Obstacle(
        "The chosen camera is not there any more, or has no such picture.",
        "Choose another one with “Choose camera”, or another size of the picture, and press Start again.",
    ),
    "unplugged": Obstacle(
        "The camera has stopped giving pictures.",
        "Was it unplugged, or taken by another program? Press Stop, see to it, and press Start again. "
        "What was recorded is kept.",
    ),
    "no_way": Obstacle(
        "Camera and server find no way to each other: the page got through, the picture did not.",
        "A firewall or the router between them is in the way. Try another network, without a VPN. Who runs the app "
        "needs a TURN server in its secrets when visitors come from other networks.",
    ),
    "lost": Obstacle(
        "The connection broke off.",
        "Look at your network, and press Start again. What was recorded is kept.",
    ),
    "server_gone": Obstacle(
        "The server does not answer any more.",
        "It was stopped, or your network is gone. What was recorded is kept up to the last second; it stands in the "
        "library once the server runs again.",
    ),
}
"""By the names that ``web/watch.js`` gives them."""
