"""Pins the images of the Dockerfile and of compose.yaml by digest: ``python deploy/pin_images.py``.

Asks each image's registry for the digest of its tag (a HEAD request, as the OCI distribution specification describes),
and writes ``image:tag@sha256:…`` into the files. Run it after changing a tag, look at the difference, and commit it.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

HERE = Path(__file__).parent
FILES = (HERE / "Dockerfile", HERE / "compose.yaml")
DOCKER_HUB = "registry-1.docker.io"

_IMAGE = re.compile(r"(?m)^(\s*(?:FROM|image:) )([a-z0-9./:-]+?):([\w.-]+)(?:@sha256:[0-9a-f]{64})?(?=\s|$)")
_KINDS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in ("oci.image.index.v1", "docker.distribution.manifest.list.v2", "oci.image.manifest.v1")
)


class Image(NamedTuple):
    """An image in a registry."""

    registry: str
    repository: str
    tag: str


def image_of(name: str, tag: str) -> Image:
    """Return an image by its name as Docker reads it: on Docker Hub without a host, in ``library`` without a folder."""
    first, _, rest = name.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        return Image(first, rest, tag)
    return Image(DOCKER_HUB, name if rest else f"library/{name}", tag)


def digest_of(image: Image) -> str:
    """Return the digest of a tag, such as ``sha256:…``.

    Raises:
        OSError: The registry cannot be reached, or does not have the image.
        ValueError: The answer has no digest.
    """
    scheme = "http" if image.registry.partition(":")[0] in {"localhost", "127.0.0.1"} else "https"
    address = f"{scheme}://{image.registry}/v2/{image.repository}/manifests/{image.tag}"
    headers = {"Accept": _KINDS}
    try:
        answer = _head(address, headers)
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise
        token = _token(error.headers.get("WWW-Authenticate", ""))
        answer = _head(address, headers | {"Authorization": f"Bearer {token}"})
    digest = answer.get("Docker-Content-Digest") or ""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ValueError(f"expected a digest of {image.repository}:{image.tag}; got {digest!r}")
    return digest


def _head(address: str, headers: dict[str, str]) -> dict[str, str]:
    request = urllib.request.Request(address, headers=headers, method="HEAD")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(answer.headers)


def _token(challenge: str) -> str:
    """Return an anonymous token from the address in a registry's challenge."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    query = urlencode({name: fields[name] for name in ("service", "scope") if name in fields})
    with urllib.request.urlopen(f"{fields['realm']}?{query}", timeout=20) as answer:
        return str(json.load(answer)["token"])


def pinned(text: str) -> str:
    """Return a Dockerfile or compose file with the digest of every image that has a tag."""

    def pin(found: re.Match[str]) -> str:
        start, name, tag = found.groups()
        return f"{start}{name}:{tag}@{digest_of(image_of(name, tag))}"

    return _IMAGE.sub(pin, text)


def main() -> int:
    """Pin the images; write nothing if one of them fails."""
    try:
        texts = {file: pinned(file.read_text(encoding="utf-8")) for file in FILES}
    except (OSError, ValueError, KeyError) as error:
        print(f"No image was pinned, because a registry did not answer: {error}", file=sys.stderr)
        return 1
    for file, text in texts.items():
        file.write_text(text, encoding="utf-8")
        print(f"{file.name}: {len(_IMAGE.findall(text))} images pinned")
    return 0


if __name__ == "__main__":
    sys.exit(main())
